#include "fovea/models/darknet.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include "fovea/autograd/ops/arithmetic.hpp"
#include "fovea/autograd/ops/average_pool2d.hpp"
#include "fovea/base/error.hpp"
#include "fovea/models/conv_norm.hpp"
#include "fovea/nn/pool2d.hpp"

namespace fovea {

namespace {

ConvNormOptions leaky(std::int64_t kernel, std::int64_t stride = 1) {
  return {.kernel = kernel, .stride = stride, .activation = ActivationKind::leaky_relu};
}

/// x + conv3x3(conv1x1(x)), the 1x1 convolution to half of the channels; no activation behind the sum.
class DarknetBlock final : public Layer {
 public:
  explicit DarknetBlock(std::int64_t channels) : first_(channels, channels / 2, leaky(1)), second_(channels / 2, channels, leaky(3)) {
    register_module("0", first_);
    register_module("1", second_);
  }
  Variable forward(const Variable& x) override { return second_(first_(x)) + x; }

 private:
  ConvNorm first_, second_;
};

// Table 6 of YOLO9000: the channels of each group; kernels of 3 and 1 take turns.
const std::vector<std::vector<std::int64_t>> kGroups = {
    {32}, {64}, {128, 64, 128}, {256, 128, 256}, {512, 256, 512, 256, 512}, {1024, 512, 1024, 512, 1024}};

// Table 1 of YOLOv3: residual blocks behind each halving.
constexpr std::array<std::int64_t, 5> kBlocks = {1, 2, 8, 8, 4};

}  // namespace

Darknet19::Darknet19(const DarknetOptions& o) : SequentialBackbone("darknet19", o.classes) {
  std::int64_t channels = o.channels, stride = 1;
  for (std::size_t group = 0; group < kGroups.size(); ++group) {
    if (group > 0) {
      add<MaxPool2d>();
      stride *= 2;
    }
    for (std::size_t i = 0; i < kGroups[group].size(); ++i) {
      add<ConvNorm>(channels, kGroups[group][i], leaky(i % 2 == 0 ? 3 : 1));
      channels = kGroups[group][i];
    }
    end_stage(stride, channels);
  }
  if (!has_classifier()) return;
  classifier_.emplace(channels, o.classes, Conv2dOptions{.kernel = 1});
  register_module("classifier", *classifier_);
}

Variable Darknet19::classify(const Variable& features) { return global_average_pool2d((*classifier_)(features)); }

DarknetTiny::DarknetTiny(const DarknetTinyOptions& o) : SequentialBackbone("darknet_tiny", o.classes) {
  if (!(o.width_multiplier > 0 && o.width_multiplier <= 16))
    throw OptionError(fmt::format("[darknet_tiny] the width multiplier is in (0, 16], found {}", o.width_multiplier));
  constexpr std::int64_t kFirst = 16, kStages = 6;
  if (o.stages < 1 || o.stages > kStages)
    throw OptionError(fmt::format("[darknet_tiny] expected 1 to {} stages, found {}", kStages, o.stages));
  std::int64_t channels = o.channels;
  for (std::int64_t stage = 0; stage < o.stages; ++stage) {
    if (stage > 0) add<MaxPool2d>();
    const auto width = std::max<std::int64_t>(1, std::lround(static_cast<double>(kFirst << stage) * o.width_multiplier));
    add<ConvNorm>(channels, width, leaky(3));
    channels = width;
    end_stage(std::int64_t{1} << stage, channels);
  }
  if (!has_classifier()) return;
  classifier_.emplace(channels, o.classes);
  register_module("classifier", *classifier_);
}

Variable DarknetTiny::classify(const Variable& features) { return (*classifier_)(global_average_pool2d(features)); }

Darknet53::Darknet53(const DarknetOptions& o) : SequentialBackbone("darknet53", o.classes) {
  std::int64_t channels = 32, stride = 1;
  add<ConvNorm>(o.channels, channels, leaky(3));
  for (const std::int64_t blocks : kBlocks) {
    end_stage(stride, channels);
    stride *= 2;
    add<ConvNorm>(channels, 2 * channels, leaky(3, 2));
    channels *= 2;
    for (std::int64_t i = 0; i < blocks; ++i) add<DarknetBlock>(channels);
  }
  end_stage(stride, channels);
  if (!has_classifier()) return;
  classifier_.emplace(channels, o.classes);
  register_module("classifier", *classifier_);
}

Variable Darknet53::classify(const Variable& features) { return (*classifier_)(global_average_pool2d(features)); }

}  // namespace fovea
