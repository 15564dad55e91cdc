// Residual networks with norm and ReLU before the convolutions.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "fovea/models/backbone.hpp"
#include "fovea/models/resnet.hpp"
#include "fovea/nn/dropout.hpp"

namespace fovea {

struct PreactResNetOptions {
  std::int64_t channels = 3;    ///< of the input, which may have any size
  std::int64_t classes = 1000;  ///< 0: no classifier (Backbone)
  ResNetOptions::Stem stem = ResNetOptions::Stem::large;
  ResNetOptions::Block block = ResNetOptions::Block::basic;
  std::int64_t stem_width = 64;                            ///< filters of the first convolution
  std::vector<std::int64_t> blocks = {2, 2, 2, 2};         ///< per stage
  std::vector<std::int64_t> widths = {64, 128, 256, 512};  ///< of the stages' 3x3 filters; each stage but the first halves the image
  double dropout = 0;                                      ///< before the last convolution of a block
};

/// He et al. 2016 for photographs: a depth of 18, 34, 50, 101, 152 or 200.
PreactResNetOptions preact_resnet_options(int depth);
/// The same for images of 32x32: a depth of 9 n + 2 (bottleneck blocks; 164 and 1001 in the paper), widths 16, 32, 64 times 4.
PreactResNetOptions preact_resnet_cifar_options(int depth);
/// Zagoruyko and Komodakis, "Wide residual networks", BMVC 2016, table 1: WRN-depth-k for images of 32x32, with a depth of 6 n + 4 (basic
/// blocks) and 16 k, 32 k, 64 k filters; WRN-28-10 is {28, 10}. The paper's dropout is 0.3.
PreactResNetOptions wide_resnet_cifar_options(int depth, std::int64_t factor);

/// He et al., "Identity mappings in deep residual networks", ECCV 2016, figure 1b and appendix: x + conv(relu(bn(conv(relu(bn(x)))))),
/// where the first norm and ReLU also come before the shortcut's 1x1 convolution if there is one, and a last norm and ReLU before the
/// global average. [N,H,W,C] -> logits [N,classes]. Children conv1, layer1.0.bn1, .conv1, ..., .downsample, ..., norm, fc. Feature maps:
/// the sums of the stages, the last one after norm and ReLU.
class PreactResNet final : public Backbone {
 public:
  explicit PreactResNet(const PreactResNetOptions& options = {});

 protected:
  Variable run_stage(std::size_t stage, const Variable& x) override;
  Variable classify(const Variable& features) override;

 private:
  ResNetOptions::Stem stem_;
  Conv2d conv1_;
  std::vector<std::unique_ptr<Sequential>> layers_;
  std::optional<BatchNorm2d> norm_;
  std::optional<Linear> fc_;
};

}  // namespace fovea
