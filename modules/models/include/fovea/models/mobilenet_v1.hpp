// MobileNet V1.
#pragma once

#include <optional>

#include "fovea/models/sequential_backbone.hpp"
#include "fovea/nn/linear.hpp"

namespace fovea {

struct MobileNetV1Options {
  std::int64_t channels = 3;    ///< of the input, which may have any size
  std::int64_t classes = 1000;  ///< 0: no classifier (Backbone)
  double width_multiplier = 1;  ///< of all channels (section 3.3, alpha): 1, 0.75, 0.5, 0.25 in the paper
};

/// Howard et al., "MobileNets: efficient convolutional neural networks for mobile vision applications", 2017, table 1: a 3x3 convolution,
/// then 13 times a 3x3 filter per channel and a 1x1 convolution, each with norm and ReLU. [N,H,W,C] -> logits [N,classes]. Children
/// features.0 (.0 the convolution, .1 the norm), features.1 (.0 the filters per channel, .1 the 1x1 convolution), ..., classifier.
class MobileNetV1 final : public SequentialBackbone {
 public:
  explicit MobileNetV1(const MobileNetV1Options& options = {});

 protected:
  Variable classify(const Variable& features) override;

 private:
  std::optional<Linear> classifier_;
};

}  // namespace fovea
