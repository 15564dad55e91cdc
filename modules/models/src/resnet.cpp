#include "fovea/models/resnet.hpp"

#include <fmt/ranges.h>

#include <algorithm>

#include "fovea/autograd/ops/average_pool2d.hpp"
#include "fovea/autograd/ops/max_pool2d.hpp"
#include "fovea/base/error.hpp"
#include "fovea/models/basic_block.hpp"
#include "fovea/models/bottleneck_block.hpp"

namespace fovea {

namespace {

constexpr std::int64_t kMostBlocks = 1000;  // of a stage; a damaged file shall not build networks for hours

const ResNetOptions& checked(const ResNetOptions& o) {
  const auto all_within = [](const std::vector<std::int64_t>& numbers, std::int64_t most) {
    return std::all_of(numbers.begin(), numbers.end(), [most](std::int64_t number) { return number >= 1 && number <= most; });
  };
  if (o.widths.empty() || !all_within(o.widths, INT64_MAX))
    throw OptionError(fmt::format("[resnet] widths are at least one number of 1 or more, found [{}]", fmt::join(o.widths, ",")));
  if (o.blocks.size() != o.widths.size() || !all_within(o.blocks, kMostBlocks))
    throw OptionError(fmt::format("[resnet] blocks are a number from 1 to {} for each of the {} widths, found [{}]", kMostBlocks,
                                  o.widths.size(), fmt::join(o.blocks, ",")));
  if (o.classes < 2) throw OptionError(fmt::format("[resnet] at least 2 classes, found {}", o.classes));
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

ResNet::ResNet(const ResNetOptions& o)
    : stem_(o.stem),
      conv1_(o.channels, checked(o).widths[0], stem_options(o.stem)),
      bn1_(o.widths[0]),
      fc_(o.widths.back() * expansion_of(o.block), o.classes) {
  register_module("conv1", conv1_);
  register_module("bn1", bn1_);
  std::int64_t channels = o.widths[0];
  for (std::size_t stage = 0; stage < o.widths.size(); ++stage) {
    auto layer = std::make_unique<Sequential>();
    for (std::int64_t block = 0; block < o.blocks[stage]; ++block) {
      const std::int64_t stride = stage > 0 && block == 0 ? 2 : 1;
      if (o.block == ResNetOptions::Block::basic)
        layer->emplace<BasicBlock>(channels, o.widths[stage], stride);
      else
        layer->emplace<BottleneckBlock>(channels, o.widths[stage], stride);
      channels = o.widths[stage] * expansion_of(o.block);
    }
    register_module(fmt::format("layer{}", stage + 1), *layer);
    stages_.push_back(std::move(layer));
  }
  register_module("fc", fc_);
}

Variable ResNet::forward(const Variable& x) {
  Variable y = bn1_.forward_relu(conv1_(x));
  if (stem_ == ResNetOptions::Stem::large) y = max_pool2d(y, {.window = 3, .stride = 2, .padding = 1});
  for (const auto& stage : stages_) y = stage->forward(y);
  return fc_(global_average_pool2d(y));
}

}  // namespace fovea
