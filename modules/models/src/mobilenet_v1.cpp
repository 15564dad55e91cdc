#include "fovea/models/mobilenet_v1.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "fovea/autograd/ops/average_pool2d.hpp"
#include "fovea/base/error.hpp"
#include "fovea/models/conv_norm.hpp"

namespace fovea {

namespace {

constexpr std::int64_t kStem = 32;
// Channels after each pair of convolutions (table 1); the image is halved where they grow beyond the first pair. The table's last stride 2
// would halve 7x7 to 4x4, against its own sizes: it is 1.
constexpr std::array<std::int64_t, 13> kWidths = {64, 128, 128, 256, 256, 512, 512, 512, 512, 512, 512, 1024, 1024};

std::int64_t scaled(std::int64_t channels, double width) {
  return std::max<std::int64_t>(1, static_cast<std::int64_t>(static_cast<double>(channels) * width));
}

const MobileNetV1Options& checked(const MobileNetV1Options& o) {
  if (!(o.width_multiplier > 0 && o.width_multiplier <= 16))
    throw OptionError(fmt::format("[mobilenet_v1] the width multiplier is in (0, 16], found {}", o.width_multiplier));
  return o;
}

}  // namespace

MobileNetV1::MobileNetV1(const MobileNetV1Options& o) : SequentialBackbone("mobilenet_v1", o.classes) {
  std::int64_t channels = scaled(kStem, checked(o).width_multiplier), stride = 2;
  add<ConvNorm>(o.channels, channels, ConvNormOptions{.kernel = 3, .stride = 2});
  for (std::size_t i = 0; i < kWidths.size(); ++i) {
    const bool halves = i > 0 && kWidths[i] != kWidths[i - 1];
    if (halves) {
      end_stage(stride, channels);
      stride *= 2;
    }
    const std::int64_t outputs = scaled(kWidths[i], o.width_multiplier);
    Sequential& pair = add<Sequential>();
    pair.emplace<ConvNorm>(channels, channels, ConvNormOptions{.kernel = 3, .stride = halves ? 2 : 1, .groups = channels});
    pair.emplace<ConvNorm>(channels, outputs, ConvNormOptions{.kernel = 1});
    channels = outputs;
  }
  end_stage(stride, channels);
  if (!has_classifier()) return;
  classifier_.emplace(channels, o.classes);
  register_module("classifier", *classifier_);
}

Variable MobileNetV1::classify(const Variable& features) { return (*classifier_)(global_average_pool2d(features)); }

}  // namespace fovea
