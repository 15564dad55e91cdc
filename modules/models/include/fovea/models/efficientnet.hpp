// EfficientNet.
#pragma once

#include "fovea/models/sequential_backbone.hpp"

namespace fovea {

struct EfficientNetOptions {
  std::int64_t channels = 3;    ///< of the input, which may have any size
  std::int64_t classes = 1000;  ///< 0: no classifier (Backbone)
  double dropout = 0.2;         ///< before the classifier
  double drop = 0.2;            ///< probability with which training skips the last block; it grows linearly from 0 at the first
};

/// Tan and Le, "EfficientNet: rethinking model scaling for convolutional neural networks", ICML 2019, table 1 (B0): inverted residuals with
/// squeeze and excitation and SiLU. [N,H,W,C] -> logits [N,classes]. Children features.0 ... .8 and classifier.1, as in torchvision.
class EfficientNet final : public SequentialBackbone {
 public:
  explicit EfficientNet(const EfficientNetOptions& options = {});

 protected:
  Variable classify(const Variable& features) override;

 private:
  Sequential classifier_;
};

}  // namespace fovea
