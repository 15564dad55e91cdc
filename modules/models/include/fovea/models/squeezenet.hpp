// SqueezeNet.
#pragma once

#include "fovea/models/sequential_backbone.hpp"
#include "fovea/nn/conv2d.hpp"

namespace fovea {

/// A 1x1 convolution to few channels, and from them 1x1 and 3x3 convolutions side by side, ReLU after each (section 3.2, figure 1).
/// Children: squeeze, expand1x1, expand3x3.
class Fire final : public Layer {
 public:
  /// Gives 2 * `expanded` channels.
  Fire(std::int64_t in_channels, std::int64_t squeezed, std::int64_t expanded);
  Variable forward(const Variable& x) override;

  Conv2d squeeze, expand1x1, expand3x3;
};

struct SqueezeNetOptions {
  enum class Version : std::uint8_t {
    v1_0,  ///< the paper's: 7x7 filters first, maxima after the 1st, 4th and 8th layer
    v1_1,  ///< 3x3 filters first and earlier maxima: 2.4 times less work
  };
  Version version = Version::v1_0;
  std::int64_t channels = 3;    ///< of the input, whose sides are at least 21 (1.0) or 17 (1.1) pixels
  std::int64_t classes = 1000;  ///< 0: no classifier (Backbone)
  double dropout = 0.5;
};

/// Iandola et al., "SqueezeNet: AlexNet-level accuracy with 50x fewer parameters and <0.5MB model size", 2016, table 1. [N,H,W,C] ->
/// logits [N,classes], which are means of rectified values: never negative. Children features.0 ... and classifier.1, as in torchvision.
class SqueezeNet final : public SequentialBackbone {
 public:
  explicit SqueezeNet(const SqueezeNetOptions& options = {});

 protected:
  Variable classify(const Variable& features) override;

 private:
  Sequential classifier_;
};

}  // namespace fovea
