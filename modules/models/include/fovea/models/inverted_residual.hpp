// The block of MobileNetV3 and EfficientNet.
#pragma once

#include "fovea/models/squeeze_excite.hpp"
#include "fovea/nn/sequential.hpp"

namespace fovea {

struct InvertedResidualOptions {
  std::int64_t in_channels = 0, expanded = 0, out_channels = 0;
  std::int64_t kernel = 3, stride = 1;
  std::int64_t squeezed = 0;  ///< channels inside the squeeze and excitation; 0: none
  ActivationKind activation = ActivationKind::relu;
  SqueezeExciteOptions squeeze;
  double epsilon = 1e-5;  ///< of the norms
  double drop = 0;        ///< probability with which training skips the block, image by image, where there is a shortcut
};

/// 1x1 convolution to `expanded` channels (left out where that is `in_channels`), a filter per channel, squeeze and excitation, 1x1
/// convolution to `out_channels` without activation; plus x where the shape is kept (Sandler et al. 2018, section 3.3; Howard et al. 2019,
/// figure 4). Children block.0, .1, ...: those of the four that there are, in order.
class InvertedResidual final : public Layer {
 public:
  explicit InvertedResidual(const InvertedResidualOptions& options);
  Variable forward(const Variable& x) override;
  void reset_parameters(RandomStream& stream) override { stream_ = stream; }

 private:
  Sequential block_;
  bool has_shortcut_;
  double drop_;
  RandomStream stream_;
};

}  // namespace fovea
