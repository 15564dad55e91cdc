#include "fovea/models/shufflenet_v2.hpp"

#include <fmt/ranges.h>

#include <array>

#include "fovea/autograd/ops/average_pool2d.hpp"
#include "fovea/autograd/ops/channel_shuffle.hpp"
#include "fovea/autograd/ops/concat.hpp"
#include "fovea/autograd/ops/max_pool2d.hpp"
#include "fovea/autograd/ops/slice.hpp"
#include "fovea/base/error.hpp"
#include "option_checks.hpp"

namespace fovea {

namespace {

constexpr std::array<std::int64_t, 3> kUnits = {4, 8, 4};  // of the stages

/// A row whose layers are numbered as torchvision numbers them, activations too.
void append(Sequential& row, int& number, std::int64_t in_channels, std::int64_t out_channels, const Conv2dOptions& options, bool relu) {
  row.emplace_named<Conv2d>(std::to_string(number), in_channels, out_channels, options);
  row.emplace_named<BatchNorm2d>(std::to_string(number + 1), out_channels, BatchNormOptions{.relu = relu});
  number += relu ? 3 : 2;
}

/// With stride 1 the second half of the channels goes through branch2 (figure 3c); with stride 2 all of them go through both (3d).
class ShuffleUnit final : public Layer {
 public:
  ShuffleUnit(std::int64_t in_channels, std::int64_t out_channels, std::int64_t stride) : stride_(stride) {
    const std::int64_t half = out_channels / 2;
    const auto depthwise = [](std::int64_t channels, std::int64_t step) {
      return Conv2dOptions{.kernel = 3, .stride = step, .padding = 1, .groups = channels, .bias = false};
    };
    const Conv2dOptions pointwise{.kernel = 1, .bias = false};
    if (stride > 1) {
      int number = 0;
      append(branch1_, number, in_channels, in_channels, depthwise(in_channels, stride), false);
      append(branch1_, number, in_channels, half, pointwise, true);
      register_module("branch1", branch1_);
    }
    int number = 0;
    append(branch2_, number, stride > 1 ? in_channels : half, half, pointwise, true);
    append(branch2_, number, half, half, depthwise(half, stride), false);
    append(branch2_, number, half, half, pointwise, true);
    register_module("branch2", branch2_);
  }

  Variable forward(const Variable& x) override {
    if (stride_ > 1) return channel_shuffle(concat({branch1_(x), branch2_(x)}), 2);
    const std::vector<Variable> halves = split_evenly(x, -1, 2);
    return channel_shuffle(concat({halves[0], branch2_(halves[1])}), 2);
  }

 private:
  std::int64_t stride_;
  Sequential branch1_, branch2_;
};

const ShuffleNetV2Options& checked(const ShuffleNetV2Options& o) {
  require_numbers("shufflenet_v2", "widths", o.widths, 5);
  for (std::size_t stage = 1; stage <= kUnits.size(); ++stage)
    if (o.widths[stage] % 2 != 0)
      throw OptionError(fmt::format("[shufflenet_v2] the stages' widths are even, found [{}]", fmt::join(o.widths, ",")));
  return o;
}

}  // namespace

ShuffleNetV2Options shufflenet_v2_options(double width) {
  if (width == 0.5) return {.widths = {24, 48, 96, 192, 1024}};
  if (width == 1) return {.widths = {24, 116, 232, 464, 1024}};
  if (width == 1.5) return {.widths = {24, 176, 352, 704, 1024}};
  if (width == 2) return {.widths = {24, 244, 488, 976, 2048}};
  throw OptionError(fmt::format("[shufflenet_v2] the width is 0.5, 1, 1.5 or 2, found {}", width));
}

ShuffleNetV2::ShuffleNetV2(const ShuffleNetV2Options& o)
    : Backbone("shufflenet_v2", o.classes),
      conv1_(o.channels, checked(o).widths[0], {.kernel = 3, .stride = 2}),
      conv5_(o.widths[3], o.widths[4], {.kernel = 1}) {
  register_module("conv1", conv1_);
  add_stage({"conv1", 2, o.widths[0]});
  // The maximum of 3x3 halves the image once more, and is too little for a stage of its own.
  std::int64_t channels = o.widths[0], map_stride = 8;
  for (std::size_t stage = 0; stage < kUnits.size(); ++stage) {
    auto layer = std::make_unique<Sequential>();
    for (std::int64_t unit = 0; unit < kUnits[stage]; ++unit) {
      layer->emplace<ShuffleUnit>(channels, o.widths[stage + 1], unit == 0 ? 2 : 1);
      channels = o.widths[stage + 1];
    }
    const std::string name = fmt::format("stage{}", stage + 2);
    register_module(name, *layer);
    layers_.push_back(std::move(layer));
    const bool is_last = stage + 1 == kUnits.size();
    add_stage({is_last ? "conv5" : name, map_stride, is_last ? o.widths[4] : channels});
    map_stride *= 2;
  }
  register_module("conv5", conv5_);
  if (!has_classifier()) return;
  fc_.emplace(o.widths[4], o.classes);
  register_module("fc", *fc_);
}

Variable ShuffleNetV2::run_stage(std::size_t stage, const Variable& x) {
  if (stage == 0) return conv1_(x);
  const Variable y = layers_[stage - 1]->forward(stage == 1 ? max_pool2d(x, {.window = 3, .stride = 2, .padding = 1}) : x);
  return stage == kUnits.size() ? conv5_(y) : y;
}

Variable ShuffleNetV2::classify(const Variable& features) { return (*fc_)(global_average_pool2d(features)); }

}  // namespace fovea
