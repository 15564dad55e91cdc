#include "fovea/models/resnet.hpp"

#include <fmt/ranges.h>

#include <algorithm>

#include "fovea/autograd/ops/average_pool2d.hpp"
#include "fovea/autograd/ops/max_pool2d.hpp"
#include "fovea/base/error.hpp"
#include "fovea/models/basic_block.hpp"
#include "fovea/models/bottleneck_block.hpp"
#include "option_checks.hpp"

namespace fovea {

namespace {

const ResNetOptions& checked(const ResNetOptions& o) {
  const auto all_within = [](const std::vector<std::int64_t>& numbers, std::int64_t most) {
    return std::all_of(numbers.begin(), numbers.end(), [most](std::int64_t number) { return number >= 1 && number <= most; });
  };
  if (o.widths.empty() || !all_within(o.widths, INT64_MAX))
    throw OptionError(fmt::format("[resnet] widths are at least one number of 1 or more, found [{}]", fmt::join(o.widths, ",")));
  if (o.blocks.size() != o.widths.size() || !all_within(o.blocks, kMostBlocks))
    throw OptionError(fmt::format("[resnet] blocks are a number from 1 to {} for each of the {} widths, found [{}]", kMostBlocks,
                                  o.widths.size(), fmt::join(o.blocks, ",")));
  require_positive("resnet", "the number of groups", o.groups);
  require_positive("resnet", "the width of a group", o.width_per_group);
  if (o.output_stride != 0 && o.output_stride < 8)
    throw OptionError(fmt::format("[resnet] the output stride is 0 or at least 8, found {}", o.output_stride));
  return o;
}

Conv2dOptions stem_options(ResNetOptions::Stem stem) {
  if (stem == ResNetOptions::Stem::small) return {.kernel = 3, .padding = 1, .bias = false};
  return {.kernel = 7, .stride = 2, .padding = 3, .bias = false};
}

std::int64_t expansion_of(ResNetOptions::Block block) {
  return block == ResNetOptions::Block::bottleneck ? BottleneckBlock::kExpansion : 1;
}

}  // namespace

ResNetOptions resnet_options(int depth) {
  using Block = ResNetOptions::Block;
  switch (depth) {
    case 18:
      return {.block = Block::basic, .blocks = {2, 2, 2, 2}};
    case 34:
      return {.block = Block::basic, .blocks = {3, 4, 6, 3}};
    case 50:
      return {.block = Block::bottleneck, .blocks = {3, 4, 6, 3}};
    case 101:
      return {.block = Block::bottleneck, .blocks = {3, 4, 23, 3}};
    case 152:
      return {.block = Block::bottleneck, .blocks = {3, 8, 36, 3}};
    default:
      throw OptionError(fmt::format("[resnet] the depth is 18, 34, 50, 101 or 152, found {}", depth));
  }
}

ResNetOptions resnet18_cifar_options() { return {.classes = 10, .stem = ResNetOptions::Stem::small}; }

ResNetOptions resnext_options(int depth, std::int64_t groups, std::int64_t width_per_group) {
  ResNetOptions options = resnet_options(depth);
  if (options.block != ResNetOptions::Block::bottleneck)
    throw OptionError(fmt::format("[resnet] groups want bottleneck blocks: a depth of 50, 101 or 152, found {}", depth));
  options.groups = groups;
  options.width_per_group = width_per_group;
  return options;
}

ResNetOptions wide_resnet_options(int depth) { return resnext_options(depth, 1, 128); }

ResNetOptions se_resnet_options(int depth) {
  ResNetOptions options = resnext_options(depth, 1, 64);
  options.squeeze = 16;
  return options;
}

ResNet::ResNet(const ResNetOptions& o)
    : Backbone("resnet", o.classes), stem_(o.stem), conv1_(o.channels, checked(o).widths[0], stem_options(o.stem)), bn1_(o.widths[0]) {
  register_module("conv1", conv1_);
  register_module("bn1", bn1_);
  std::int64_t channels = o.widths[0], map_stride = 1, dilation = 1;
  if (o.stem == ResNetOptions::Stem::large) {
    add_stage({"bn1", 2, channels});
    map_stride = 4;
  }
  for (std::size_t stage = 0; stage < o.widths.size(); ++stage) {
    auto layer = std::make_unique<Sequential>();
    const bool halves = stage > 0 && (o.output_stride == 0 || 2 * map_stride <= o.output_stride);
    const std::int64_t dilation_before = dilation;
    if (halves)
      map_stride *= 2;
    else if (stage > 0)
      dilation *= 2;
    for (std::int64_t block = 0; block < o.blocks[stage]; ++block) {
      const std::int64_t stride = halves && block == 0 ? 2 : 1, spread = block == 0 ? dilation_before : dilation;
      if (o.block == ResNetOptions::Block::basic)
        layer->emplace<BasicBlock>(channels, o.widths[stage], stride, spread);
      else
        layer->emplace<BottleneckBlock>(
            channels, o.widths[stage],
            BottleneckOptions{
                .stride = stride, .dilation = spread, .groups = o.groups, .width_per_group = o.width_per_group, .squeeze = o.squeeze});
      channels = o.widths[stage] * expansion_of(o.block);
    }
    const std::string name = fmt::format("layer{}", stage + 1);
    register_module(name, *layer);
    layers_.push_back(std::move(layer));
    add_stage({name, map_stride, channels});
  }
  if (!has_classifier()) return;
  fc_.emplace(channels, o.classes);
  register_module("fc", *fc_);
}

Variable ResNet::run_stage(std::size_t stage, const Variable& x) {
  if (stem_ == ResNetOptions::Stem::small) return layers_[stage]->forward(stage == 0 ? bn1_.forward_relu(conv1_(x)) : x);
  if (stage == 0) return bn1_.forward_relu(conv1_(x));
  return layers_[stage - 1]->forward(stage == 1 ? max_pool2d(x, {.window = 3, .stride = 2, .padding = 1}) : x);
}

Variable ResNet::classify(const Variable& features) { return (*fc_)(global_average_pool2d(features)); }

}  // namespace fovea
