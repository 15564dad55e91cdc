// Network in Network.
#pragma once

#include "fovea/models/sequential_backbone.hpp"

namespace fovea {

struct NinOptions {
  std::int64_t channels = 3;  ///< of the input, whose sides are at least 5 pixels, usually 32
  std::int64_t classes = 10;
  double dropout = 0.5;
};

/// Lin et al., "Network in network", ICLR 2014, the network for CIFAR: three convolutions, each followed by two 1x1 convolutions, ReLU
/// after all; a maximum and a mean of 3x3 with stride 2 and dropout between them; the mean of the last maps, one for each class, are the
/// logits: [N,H,W,C] -> [N,classes]. Sizes (192, 160, 96; 192, 192, 192; 192, 192, classes) are those of the authors' published network.
/// Children features.0, .2, .4, .8, ..., .20. Without a classifier of its own it takes no 0 classes; its feature maps end with the
/// classes'.
class Nin final : public SequentialBackbone {
 public:
  explicit Nin(const NinOptions& options = {});

 protected:
  Variable classify(const Variable& features) override;
};

}  // namespace fovea
