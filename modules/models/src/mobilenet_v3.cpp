#include "fovea/models/mobilenet_v3.hpp"

#include <fmt/format.h>

#include <vector>

#include "fovea/autograd/ops/average_pool2d.hpp"
#include "fovea/base/error.hpp"
#include "fovea/models/conv_norm.hpp"
#include "fovea/models/inverted_residual.hpp"
#include "fovea/nn/activation.hpp"
#include "fovea/nn/dropout.hpp"
#include "fovea/nn/linear.hpp"
#include "rounded_channels.hpp"

namespace fovea {

namespace {

constexpr double kEpsilon = 0.001;  // of the norms, as in torchvision
constexpr std::int64_t kStem = 16;
constexpr std::int64_t kLastExpansion = 6;  // of the 1x1 convolution behind the blocks

constexpr ActivationKind kRe = ActivationKind::relu, kHs = ActivationKind::hard_swish;

/// A line of the tables: kernel, channels inside and behind the block, squeeze and excitation, activation, stride.
struct Row {
  std::int64_t kernel, expanded, out_channels;
  bool squeeze;
  ActivationKind activation;
  std::int64_t stride;
};

const std::vector<Row> kLarge = {{3, 16, 16, false, kRe, 1},  {3, 64, 24, false, kRe, 2},  {3, 72, 24, false, kRe, 1},
                                 {5, 72, 40, true, kRe, 2},   {5, 120, 40, true, kRe, 1},  {5, 120, 40, true, kRe, 1},
                                 {3, 240, 80, false, kHs, 2}, {3, 200, 80, false, kHs, 1}, {3, 184, 80, false, kHs, 1},
                                 {3, 184, 80, false, kHs, 1}, {3, 480, 112, true, kHs, 1}, {3, 672, 112, true, kHs, 1},
                                 {5, 672, 160, true, kHs, 2}, {5, 960, 160, true, kHs, 1}, {5, 960, 160, true, kHs, 1}};
const std::vector<Row> kSmall = {{3, 16, 16, true, kRe, 2},  {3, 72, 24, false, kRe, 2}, {3, 88, 24, false, kRe, 1},
                                 {5, 96, 40, true, kHs, 2},  {5, 240, 40, true, kHs, 1}, {5, 240, 40, true, kHs, 1},
                                 {5, 120, 48, true, kHs, 1}, {5, 144, 48, true, kHs, 1}, {5, 288, 96, true, kHs, 2},
                                 {5, 576, 96, true, kHs, 1}, {5, 576, 96, true, kHs, 1}};

}  // namespace

MobileNetV3::MobileNetV3(const MobileNetV3Options& o) : SequentialBackbone("mobilenet_v3", o.classes) {
  if (!(o.width_multiplier > 0 && o.width_multiplier <= 16))
    throw OptionError(fmt::format("[mobilenet_v3] the width multiplier is in (0, 16], found {}", o.width_multiplier));
  const bool large = o.size == MobileNetV3Options::Size::large;
  const auto scaled = [&](std::int64_t channels) { return rounded_channels(static_cast<double>(channels) * o.width_multiplier); };
  std::int64_t channels = scaled(kStem), stride = 2;
  add<ConvNorm>(o.channels, channels, ConvNormOptions{.kernel = 3, .stride = 2, .activation = kHs, .epsilon = kEpsilon});
  for (const Row& row : large ? kLarge : kSmall) {
    if (row.stride == 2) {
      end_stage(stride, channels);
      stride *= 2;
    }
    const std::int64_t expanded = scaled(row.expanded), outputs = scaled(row.out_channels);
    add<InvertedResidual>(InvertedResidualOptions{.in_channels = channels,
                                                  .expanded = expanded,
                                                  .out_channels = outputs,
                                                  .kernel = row.kernel,
                                                  .stride = row.stride,
                                                  .squeezed = row.squeeze ? rounded_channels(static_cast<double>(expanded / 4)) : 0,
                                                  .activation = row.activation,
                                                  .squeeze = {.activation = ActivationKind::relu, .gate = ActivationKind::hard_sigmoid},
                                                  .epsilon = kEpsilon});
    channels = outputs;
  }
  const std::int64_t last = kLastExpansion * channels, hidden = scaled(large ? 1280 : 1024);
  add<ConvNorm>(channels, last, ConvNormOptions{.kernel = 1, .activation = kHs, .epsilon = kEpsilon});
  end_stage(stride, last);
  if (!has_classifier()) return;
  classifier_.emplace<Linear>(last, hidden);
  classifier_.emplace<HardSwish>();
  classifier_.emplace<Dropout>(o.dropout);
  classifier_.emplace<Linear>(hidden, o.classes);
  register_module("classifier", classifier_);
}

Variable MobileNetV3::classify(const Variable& features) { return classifier_(global_average_pool2d(features)); }

}  // namespace fovea
