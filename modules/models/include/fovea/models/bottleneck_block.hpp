// The residual block of three convolutions.
#pragma once

#include <optional>

#include "fovea/nn/batch_norm.hpp"
#include "fovea/nn/conv2d.hpp"
#include "fovea/nn/sequential.hpp"

namespace fovea {

/// relu(bn3(conv3(relu(bn2(conv2(relu(bn1(conv1(x)))))))) + shortcut(x)) with 1x1, 3x3 and 1x1 filters: He et al. 2016, figure 5 right. The
/// stride is that of the 3x3 convolution, as in torchvision and most later work, not of the first as in the paper. Children: conv1, bn1,
/// conv2, bn2, conv3, bn3 and, where the shape changes, downsample.0, downsample.1.
class BottleneckBlock final : public Layer {
 public:
  static constexpr std::int64_t kExpansion = 4;

  /// Gives kExpansion * width channels.
  BottleneckBlock(std::int64_t in_channels, std::int64_t width, std::int64_t stride);
  Variable forward(const Variable& x) override;

  Conv2d conv1;
  BatchNorm2d bn1;
  Conv2d conv2;
  BatchNorm2d bn2;
  Conv2d conv3;
  BatchNorm2d bn3;
  std::optional<Sequential> downsample;
};

}  // namespace fovea
