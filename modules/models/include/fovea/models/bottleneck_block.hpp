// The residual block of three convolutions.
#pragma once

#include <optional>

#include "fovea/models/squeeze_excite.hpp"
#include "fovea/nn/batch_norm.hpp"
#include "fovea/nn/conv2d.hpp"
#include "fovea/nn/sequential.hpp"

namespace fovea {

struct BottleneckOptions {
  std::int64_t stride = 1;
  std::int64_t dilation = 1;          ///< of the 3x3 convolution
  std::int64_t groups = 1;            ///< of the 3x3 convolution: ResNeXt's cardinality (Xie et al. 2017)
  std::int64_t width_per_group = 64;  ///< of 64 planes: 4 in ResNeXt-50 32x4d, 128 in a wide ResNet-50-2 (Zagoruyko and Komodakis 2016)
  /// Squeeze and excitation before the sum, with so many times fewer channels inside: 16 in SE-ResNet (Hu et al. 2018, figure 3). 0: none.
  std::int64_t squeeze = 0;
};

/// relu(bn3(conv3(relu(bn2(conv2(relu(bn1(conv1(x)))))))) + shortcut(x)) with 1x1, 3x3 and 1x1 filters: He et al. 2016, figure 5 right. The
/// stride is that of the 3x3 convolution, as in torchvision and most later work, not of the first as in the paper. Children: conv1, bn1,
/// conv2, bn2, conv3, bn3, where the shape changes downsample.0, downsample.1, and se if wanted.
class BottleneckBlock final : public Layer {
 public:
  static constexpr std::int64_t kExpansion = 4;

  /// Gives kExpansion * planes channels; the 3x3 filters are planes * width_per_group / 64 (rounded down) * groups.
  BottleneckBlock(std::int64_t in_channels, std::int64_t planes, const BottleneckOptions& options);
  BottleneckBlock(std::int64_t in_channels, std::int64_t planes, std::int64_t stride)
      : BottleneckBlock(in_channels, planes, BottleneckOptions{.stride = stride}) {}
  Variable forward(const Variable& x) override;

  Conv2d conv1;
  BatchNorm2d bn1;
  Conv2d conv2;
  BatchNorm2d bn2;
  Conv2d conv3;
  BatchNorm2d bn3;
  std::optional<Sequential> downsample;
  std::optional<SqueezeExcite> se;

 private:
  BottleneckBlock(std::int64_t in_channels, std::int64_t planes, std::int64_t width, const BottleneckOptions& options);
};

}  // namespace fovea
