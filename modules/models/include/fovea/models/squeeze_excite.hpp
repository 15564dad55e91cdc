// Squeeze and excitation.
#pragma once

#include "fovea/models/activation_kind.hpp"
#include "fovea/nn/conv2d.hpp"

namespace fovea {

struct SqueezeExciteOptions {
  ActivationKind activation = ActivationKind::relu;  ///< between the two layers
  ActivationKind gate = ActivationKind::sigmoid;
};

/// Hu et al., "Squeeze-and-excitation networks", CVPR 2018, section 3: x [N,H,W,C] times gate(fc2(activation(fc1(mean of the image)))), one
/// factor for each image and channel. Children fc1, fc2: 1x1 convolutions to `squeezed` channels and back, as in torchvision.
class SqueezeExcite final : public Layer {
 public:
  SqueezeExcite(std::int64_t channels, std::int64_t squeezed, const SqueezeExciteOptions& options = {});
  Variable forward(const Variable& x) override;

  Conv2d fc1, fc2;

 private:
  SqueezeExciteOptions options_;
};

}  // namespace fovea
