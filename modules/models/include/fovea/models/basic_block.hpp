// The residual block of two 3x3 convolutions.
#pragma once

#include <optional>

#include "fovea/nn/batch_norm.hpp"
#include "fovea/nn/conv2d.hpp"
#include "fovea/nn/sequential.hpp"

namespace fovea {

/// relu(bn2(conv2(relu(bn1(conv1(x))))) + shortcut(x)), He et al. 2016, figure 2 and section 3.3 (option B: the shortcut is a 1x1
/// convolution where the shape changes, else the identity). Children: conv1, bn1, conv2, bn2 and, if needed, downsample.0, downsample.1.
/// Both convolutions are dilated alike.
class BasicBlock final : public Layer {
 public:
  BasicBlock(std::int64_t in_channels, std::int64_t out_channels, std::int64_t stride, std::int64_t dilation = 1);
  Variable forward(const Variable& x) override;

  Conv2d conv1;
  BatchNorm2d bn1;
  Conv2d conv2;
  BatchNorm2d bn2;
  std::optional<Sequential> downsample;
};

}  // namespace fovea
