// MobileNet V3.
#pragma once

#include "fovea/models/sequential_backbone.hpp"

namespace fovea {

struct MobileNetV3Options {
  enum class Size : std::uint8_t { large, small };
  Size size = Size::large;
  std::int64_t channels = 3;    ///< of the input, which may have any size
  std::int64_t classes = 1000;  ///< 0: no classifier (Backbone)
  double width_multiplier = 1;  ///< of all channels; rounded to multiples of 8
  double dropout = 0.2;
};

/// Howard et al., "Searching for MobileNetV3", ICCV 2019, tables 1 (large) and 2 (small): inverted residuals with ReLU or hard swish, some
/// with squeeze and excitation. [N,H,W,C] -> logits [N,classes]. Children features.0 ... and classifier.0, .3, as in torchvision.
class MobileNetV3 final : public SequentialBackbone {
 public:
  explicit MobileNetV3(const MobileNetV3Options& options = {});

 protected:
  Variable classify(const Variable& features) override;

 private:
  Sequential classifier_;
};

}  // namespace fovea
