#include "fovea/models/resnet_mini.hpp"

#include <fmt/ranges.h>

#include <algorithm>

#include "fovea/autograd/ops/average_pool2d.hpp"
#include "fovea/base/error.hpp"

namespace fovea {

namespace {

const ResNetMiniOptions& checked(const ResNetMiniOptions& o) {
  if (o.widths.empty() || std::any_of(o.widths.begin(), o.widths.end(), [](std::int64_t width) { return width < 1; }))
    throw OptionError(fmt::format("[resnet-mini] widths are at least one number of 1 or more, found [{}]", fmt::join(o.widths, ",")));
  if (o.blocks < 1) throw OptionError(fmt::format("[resnet-mini] at least one block per stage, found {}", o.blocks));
  if (o.classes < 2) throw OptionError(fmt::format("[resnet-mini] at least 2 classes, found {}", o.classes));
  return o;
}

}  // namespace

ResNetMini::ResNetMini(const ResNetMiniOptions& o)
    : conv1_(o.channels, checked(o).widths[0], {.kernel = 3, .padding = 1, .bias = false}),
      bn1_(o.widths[0]),
      fc_(o.widths.back(), o.classes) {
  register_module("conv1", conv1_);
  register_module("bn1", bn1_);
  std::int64_t channels = o.widths[0];
  for (std::size_t stage = 0; stage < o.widths.size(); ++stage) {
    auto layer = std::make_unique<Sequential>();
    for (std::int64_t block = 0; block < o.blocks; ++block) {
      layer->emplace<BasicBlock>(channels, o.widths[stage], stage > 0 && block == 0 ? 2 : 1);
      channels = o.widths[stage];
    }
    register_module(fmt::format("layer{}", stage + 1), *layer);
    stages_.push_back(std::move(layer));
  }
  register_module("fc", fc_);
}

Variable ResNetMini::forward(const Variable& x) {
  Variable y = bn1_.forward_relu(conv1_(x));
  for (const auto& stage : stages_) y = stage->forward(y);
  return fc_(global_average_pool2d(y));
}

}  // namespace fovea
