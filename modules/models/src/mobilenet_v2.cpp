#include "fovea/models/mobilenet_v2.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "fovea/autograd/ops/arithmetic.hpp"
#include "fovea/autograd/ops/average_pool2d.hpp"
#include "fovea/base/error.hpp"
#include "fovea/models/conv_norm.hpp"
#include "fovea/nn/dropout.hpp"
#include "fovea/nn/linear.hpp"
#include "rounded_channels.hpp"

namespace fovea {

namespace {

struct Row {
  std::int64_t expansion, width, blocks, stride;
};
// Table 2.
constexpr std::array<Row, 7> kRows = {
    {{1, 16, 1, 1}, {6, 24, 2, 2}, {6, 32, 3, 2}, {6, 64, 4, 2}, {6, 96, 3, 1}, {6, 160, 3, 2}, {6, 320, 1, 1}}};
constexpr std::int64_t kStem = 32, kLast = 1280;

/// torchvision's names: the last convolution and its norm stand beside the blocks of convolution, norm and activation in one row.
class Block final : public Layer {
 public:
  Block(std::int64_t in_channels, std::int64_t out_channels, std::int64_t stride, std::int64_t expansion)
      : has_shortcut_(stride == 1 && in_channels == out_channels) {
    const std::int64_t inner = in_channels * expansion;
    if (expansion != 1) conv_.emplace<ConvNorm>(in_channels, inner, ConvNormOptions{.kernel = 1, .activation = ActivationKind::relu6});
    conv_.emplace<ConvNorm>(inner, inner,
                            ConvNormOptions{.kernel = 3, .stride = stride, .groups = inner, .activation = ActivationKind::relu6});
    conv_.emplace<Conv2d>(inner, out_channels, Conv2dOptions{.kernel = 1, .bias = false});
    conv_.emplace<BatchNorm2d>(out_channels);
    register_module("conv", conv_);
  }
  Variable forward(const Variable& x) override { return has_shortcut_ ? conv_(x) + x : conv_(x); }

 private:
  bool has_shortcut_;
  Sequential conv_;
};

const MobileNetV2Options& checked(const MobileNetV2Options& o) {
  if (!(o.width_multiplier > 0 && o.width_multiplier <= 16))
    throw OptionError(fmt::format("[mobilenet_v2] the width multiplier is in (0, 16], found {}", o.width_multiplier));
  return o;
}

}  // namespace

MobileNetV2::MobileNetV2(const MobileNetV2Options& o) : SequentialBackbone("mobilenet_v2", o.classes) {
  std::int64_t channels = rounded_channels(static_cast<double>(kStem) * checked(o).width_multiplier), stride = 2;
  add<ConvNorm>(o.channels, channels, ConvNormOptions{.kernel = 3, .stride = 2, .activation = ActivationKind::relu6});
  for (const Row& row : kRows) {
    if (row.stride == 2) {
      end_stage(stride, channels);
      stride *= 2;
    }
    const std::int64_t outputs = rounded_channels(static_cast<double>(row.width) * o.width_multiplier);
    for (std::int64_t i = 0; i < row.blocks; ++i) {
      add<Block>(channels, outputs, i == 0 ? row.stride : 1, row.expansion);
      channels = outputs;
    }
  }
  const std::int64_t last = rounded_channels(static_cast<double>(kLast) * std::max(1.0, o.width_multiplier));
  add<ConvNorm>(channels, last, ConvNormOptions{.kernel = 1, .activation = ActivationKind::relu6});
  end_stage(stride, last);
  if (!has_classifier()) return;
  classifier_.emplace<Dropout>(o.dropout);
  classifier_.emplace<Linear>(last, o.classes);
  register_module("classifier", classifier_);
}

Variable MobileNetV2::classify(const Variable& features) { return classifier_(global_average_pool2d(features)); }

}  // namespace fovea
