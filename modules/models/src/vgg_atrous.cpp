#include "fovea/models/vgg_atrous.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "fovea/base/error.hpp"
#include "fovea/nn/activation.hpp"
#include "fovea/nn/conv2d.hpp"
#include "fovea/nn/pool2d.hpp"

namespace fovea {

namespace {

constexpr std::array<std::int64_t, 5> kConvolutions = {2, 2, 3, 3, 3}, kWidths = {64, 128, 256, 512, 512};
constexpr std::int64_t kTopWidth = 1024, kDilation = 6;

}  // namespace

VggAtrous::VggAtrous(const VggAtrousOptions& o) : SequentialBackbone("vgg_atrous", 0) {
  if (!(o.width_multiplier > 0 && o.width_multiplier <= 16))
    throw OptionError(fmt::format("[vgg_atrous] the width multiplier is in (0, 16], found {}", o.width_multiplier));
  std::int64_t channels = o.channels;
  const auto convolution = [&](std::int64_t width, const Conv2dOptions& options) {
    const auto outputs = std::max<std::int64_t>(1, std::lround(static_cast<double>(width) * o.width_multiplier));
    add<Conv2d>(channels, outputs, options);
    add<Relu>();
    channels = outputs;
  };
  for (std::size_t group = 0; group < kWidths.size(); ++group) {
    for (std::int64_t i = 0; i < kConvolutions[group]; ++i) convolution(kWidths[group], {.kernel = 3, .padding = 1});
    if (group == 3) end_stage(8, channels);
    if (group < 4) add<MaxPool2d>(Pool2dGeometry{.ceil_mode = group == 2});
  }
  add<MaxPool2d>(Pool2dGeometry{.window = 3, .stride = 1, .padding = 1});
  convolution(kTopWidth, {.kernel = 3, .padding = kDilation, .dilation = kDilation});
  convolution(kTopWidth, {.kernel = 1});
  end_stage(16, channels);
}

}  // namespace fovea
