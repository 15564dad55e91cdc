// Residual networks.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "fovea/models/backbone.hpp"
#include "fovea/nn/batch_norm.hpp"
#include "fovea/nn/conv2d.hpp"
#include "fovea/nn/linear.hpp"
#include "fovea/nn/sequential.hpp"

namespace fovea {

struct ResNetOptions {
  enum class Block : std::uint8_t { basic, bottleneck };
  enum class Stem : std::uint8_t {
    large,  ///< for photographs: 7x7 with stride 2, maximum of 3x3 with stride 2
    small,  ///< for small images: 3x3, no pooling
  };
  std::int64_t channels = 3;    ///< of the input, which may have any size
  std::int64_t classes = 1000;  ///< 0: no classifier (Backbone)
  Stem stem = Stem::large;
  Block block = Block::basic;
  std::vector<std::int64_t> blocks = {2, 2, 2, 2};             ///< per stage
  std::vector<std::int64_t> widths = {64, 128, 256, 512};      ///< of the stages' 3x3 filters; each stage but the first halves the image
  std::int64_t groups = 1, width_per_group = 64, squeeze = 0;  ///< of bottleneck blocks (BottleneckOptions)
  /// Pixels of the image per element of the last map, at most; 0: no limit. 8 or 16 keep the resolution of the last stages and dilate their
  /// filters instead, as DeepLab does (Chen et al. 2017, section 3.1). A stage's first block has the dilation of the stage before, as in
  /// torchvision.
  std::int64_t output_stride = 0;
};

/// The networks of table 1: a depth of 18, 34, 50, 101 or 152. Throws OptionError for another.
ResNetOptions resnet_options(int depth);
/// Xie et al., "Aggregated residual transformations for deep neural networks", CVPR 2017: ResNet-50 32x4d, ResNet-101 32x8d or 64x4d.
ResNetOptions resnext_options(int depth, std::int64_t groups, std::int64_t width_per_group);
/// Zagoruyko and Komodakis, "Wide residual networks", BMVC 2016, section 3.4: a ResNet of the given depth whose 3x3 filters are twice as
/// many.
ResNetOptions wide_resnet_options(int depth);
/// Hu et al., "Squeeze-and-excitation networks", CVPR 2018, table 1: a depth of 50, 101 or 152.
ResNetOptions se_resnet_options(int depth);
/// ResNet-18 with the small stem, for images of about 32x32.
ResNetOptions resnet18_cifar_options();

/// He et al., "Deep residual learning for image recognition", CVPR 2016: stem, stages of residual blocks, global average, one linear layer.
/// [N,H,W,C] -> logits [N,classes]. Children: conv1, bn1, layer1.0 ..., fc, as in torchvision. Throws OptionError for options out of range.
class ResNet : public Backbone {
 public:
  explicit ResNet(const ResNetOptions& options = {});

 protected:
  Variable run_stage(std::size_t stage, const Variable& x) override;
  Variable classify(const Variable& features) override;

 private:
  ResNetOptions::Stem stem_;
  Conv2d conv1_;
  BatchNorm2d bn1_;
  std::vector<std::unique_ptr<Sequential>> layers_;
  std::optional<Linear> fc_;
};

}  // namespace fovea
