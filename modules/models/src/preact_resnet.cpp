#include "fovea/models/preact_resnet.hpp"

#include <fmt/format.h>

#include "fovea/autograd/ops/arithmetic.hpp"
#include "fovea/autograd/ops/average_pool2d.hpp"
#include "fovea/autograd/ops/max_pool2d.hpp"
#include "fovea/base/error.hpp"
#include "fovea/models/bottleneck_block.hpp"
#include "option_checks.hpp"

namespace fovea {

namespace {

using Block = ResNetOptions::Block;
using Stem = ResNetOptions::Stem;

/// Two 3x3 convolutions, or 1x1, 3x3 and 1x1: each behind a norm with ReLU. The stride is that of the first 3x3 convolution.
class PreactBlock final : public Layer {
 public:
  PreactBlock(Block kind, std::int64_t in_channels, std::int64_t width, std::int64_t stride, double dropout) : dropout_(dropout) {
    if (kind == Block::basic) {
      append(in_channels, width, {.kernel = 3, .stride = stride, .padding = 1, .bias = false});
      append(width, width, {.kernel = 3, .padding = 1, .bias = false});
    } else {
      append(in_channels, width, {.kernel = 1, .bias = false});
      append(width, width, {.kernel = 3, .stride = stride, .padding = 1, .bias = false});
      append(width, BottleneckBlock::kExpansion * width, {.kernel = 1, .bias = false});
    }
    register_module("dropout", dropout_);
    const std::int64_t out_channels = convolutions_.back()->weight.extent(0);
    if (stride == 1 && in_channels == out_channels) return;
    downsample_.emplace(in_channels, out_channels, Conv2dOptions{.kernel = 1, .stride = stride, .bias = false});
    register_module("downsample", *downsample_);
  }

  Variable forward(const Variable& x) override {
    Variable y = (*norms_[0])(x);
    const Variable shortcut = downsample_ ? (*downsample_)(y) : x;
    for (std::size_t i = 0; i < convolutions_.size(); ++i) {
      if (i > 0) y = (*norms_[i])(y);
      if (i + 1 == convolutions_.size()) y = dropout_(y);
      y = (*convolutions_[i])(y);
    }
    return std::move(y) + shortcut;
  }

 private:
  void append(std::int64_t in_channels, std::int64_t out_channels, const Conv2dOptions& options) {
    norms_.push_back(std::make_unique<BatchNorm2d>(in_channels, BatchNormOptions{.relu = true}));
    convolutions_.push_back(std::make_unique<Conv2d>(in_channels, out_channels, options));
    register_module(fmt::format("bn{}", norms_.size()), *norms_.back());
    register_module(fmt::format("conv{}", convolutions_.size()), *convolutions_.back());
  }

  std::vector<std::unique_ptr<BatchNorm2d>> norms_;
  std::vector<std::unique_ptr<Conv2d>> convolutions_;
  Dropout dropout_;
  std::optional<Conv2d> downsample_;
};

const PreactResNetOptions& checked(const PreactResNetOptions& o) {
  require_numbers("preact_resnet", "widths", o.widths, 0);
  require_numbers("preact_resnet", "blocks", o.blocks, o.widths.size(), kMostBlocks);
  return o;
}

Conv2dOptions stem_options(Stem stem) {
  if (stem == Stem::small) return {.kernel = 3, .padding = 1, .bias = false};
  return {.kernel = 7, .stride = 2, .padding = 3, .bias = false};
}

}  // namespace

PreactResNetOptions preact_resnet_options(int depth) {
  if (depth == 200) return {.block = Block::bottleneck, .blocks = {3, 24, 36, 3}};
  const ResNetOptions options = resnet_options(depth);
  return {.block = options.block, .blocks = options.blocks};
}

PreactResNetOptions preact_resnet_cifar_options(int depth) {
  if (depth < 11 || (depth - 2) % 9 != 0)
    throw OptionError(fmt::format("[preact_resnet] for small images the depth is 9 n + 2, as 164, found {}", depth));
  const std::int64_t blocks = (depth - 2) / 9;
  return {.classes = 10,
          .stem = Stem::small,
          .block = Block::bottleneck,
          .stem_width = 16,
          .blocks = {blocks, blocks, blocks},
          .widths = {16, 32, 64}};
}

PreactResNetOptions wide_resnet_cifar_options(int depth, std::int64_t factor) {
  if (depth < 10 || (depth - 4) % 6 != 0)
    throw OptionError(fmt::format("[wide_resnet] for small images the depth is 6 n + 4, as 28, found {}", depth));
  require_positive("wide_resnet", "the factor", factor);
  const std::int64_t blocks = (depth - 4) / 6;
  return {.classes = 10,
          .stem = Stem::small,
          .block = Block::basic,
          .stem_width = 16,
          .blocks = {blocks, blocks, blocks},
          .widths = {16 * factor, 32 * factor, 64 * factor}};
}

PreactResNet::PreactResNet(const PreactResNetOptions& o)
    : Backbone("preact_resnet", o.classes), stem_(o.stem), conv1_(o.channels, checked(o).stem_width, stem_options(o.stem)) {
  register_module("conv1", conv1_);
  std::int64_t channels = o.stem_width, map_stride = 1;
  if (o.stem == Stem::large) {
    add_stage({"conv1", 2, channels});
    map_stride = 4;
  }
  for (std::size_t stage = 0; stage < o.widths.size(); ++stage) {
    auto layer = std::make_unique<Sequential>();
    if (stage > 0) map_stride *= 2;
    for (std::int64_t block = 0; block < o.blocks[stage]; ++block) {
      layer->emplace<PreactBlock>(o.block, channels, o.widths[stage], stage > 0 && block == 0 ? 2 : 1, o.dropout);
      channels = o.widths[stage] * (o.block == Block::bottleneck ? BottleneckBlock::kExpansion : 1);
    }
    const std::string name = fmt::format("layer{}", stage + 1);
    register_module(name, *layer);
    layers_.push_back(std::move(layer));
    add_stage({name, map_stride, channels});
  }
  norm_.emplace(channels, BatchNormOptions{.relu = true});
  register_module("norm", *norm_);
  if (!has_classifier()) return;
  fc_.emplace(channels, o.classes);
  register_module("fc", *fc_);
}

Variable PreactResNet::run_stage(std::size_t stage, const Variable& x) {
  const bool large = stem_ == Stem::large;
  if (stage == 0 && large) return conv1_(x);
  const std::size_t layer = large ? stage - 1 : stage;
  Variable y = x;
  if (stage == 0) y = conv1_(x);
  if (stage == 1 && large) y = max_pool2d(x, {.window = 3, .stride = 2, .padding = 1});
  y = layers_[layer]->forward(y);
  return layer + 1 == layers_.size() ? (*norm_)(y) : y;
}

Variable PreactResNet::classify(const Variable& features) { return (*fc_)(global_average_pool2d(features)); }

}  // namespace fovea
