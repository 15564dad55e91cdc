// A small residual network for small images.
#pragma once

#include <vector>

#include "fovea/models/resnet.hpp"

namespace fovea {

struct ResNetMiniOptions {
  std::int64_t channels = 3;  ///< of the input, which may have any size
  std::int64_t classes = 10;
  std::vector<std::int64_t> widths = {32, 64, 128};  ///< channels of the stages; each but the first halves the image
  std::int64_t blocks = 1;                           ///< residual blocks per stage
};

/// The CIFAR form of He et al. 2016, section 4.2: 3x3 stem without pooling, stages of basic blocks, global average, one linear layer.
/// [N,H,W,C] -> logits [N,classes]. Children: conv1, bn1, layer1.0 ..., fc, as in torchvision's ResNet.
class ResNetMini final : public ResNet {
 public:
  explicit ResNetMini(const ResNetMiniOptions& options = {});
};

}  // namespace fovea
