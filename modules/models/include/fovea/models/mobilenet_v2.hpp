// MobileNet V2.
#pragma once

#include "fovea/models/sequential_backbone.hpp"

namespace fovea {

struct MobileNetV2Options {
  std::int64_t channels = 3;    ///< of the input, which may have any size
  std::int64_t classes = 1000;  ///< 0: no classifier (Backbone)
  double width_multiplier = 1;  ///< of all channels; rounded to multiples of 8
  double dropout = 0.2;
};

/// Sandler et al., "MobileNetV2: inverted residuals and linear bottlenecks", CVPR 2018, table 2, with ReLU6. [N,H,W,C] -> logits
/// [N,classes]. Children features.0 ... .18 and classifier.1, as in torchvision.
class MobileNetV2 final : public SequentialBackbone {
 public:
  explicit MobileNetV2(const MobileNetV2Options& options = {});

 protected:
  Variable classify(const Variable& features) override;

 private:
  Sequential classifier_;
};

}  // namespace fovea
