#include "fovea/models/unpooling_network.hpp"

#include <fmt/format.h>

#include <string>

#include "fovea/autograd/ops/max_pool2d.hpp"
#include "fovea/autograd/ops/unpool2d.hpp"
#include "fovea/base/error.hpp"
#include "fovea/nn/batch_norm.hpp"
#include "fovea/nn/conv_transpose2d.hpp"
#include "option_checks.hpp"

namespace fovea {

namespace {

constexpr std::int64_t kMiddleWindow = 7;
constexpr std::size_t kMostGroups = 16;

const UnpoolingNetworkOptions& checked(const UnpoolingNetworkOptions& o) {
  require_classes("unpooling_network", o.classes);
  require_numbers("unpooling_network", "widths", o.widths, 0);
  require_numbers("unpooling_network", "convolutions", o.convolutions, o.widths.size(), kMostBlocks);
  if (o.widths.size() > kMostGroups)
    throw OptionError(fmt::format("[unpooling_network] at most {} groups, found {}", kMostGroups, o.widths.size()));
  if (o.hidden != 0) require_positive("unpooling_network", "the number of hidden channels", o.hidden);
  return o;
}

constexpr BatchNormOptions kWithRelu{.relu = true};

}  // namespace

UnpoolingNetwork::UnpoolingNetwork(const UnpoolingNetworkOptions& o)
    : SegmentationNetwork(o.edges),
      multiple_(std::int64_t{1} << checked(o).widths.size()),
      least_(o.hidden != 0 ? kMiddleWindow * multiple_ : multiple_) {
  add_way_down(o);
  if (o.hidden != 0) add_middle(o.widths.back(), o.hidden);
  add_way_up(o);
}

// Numbers count a convolution, its norm and its ReLU, and a maximum after each group: torchvision's.
void UnpoolingNetwork::add_way_down(const UnpoolingNetworkOptions& o) {
  std::int64_t channels = o.channels;
  int number = 0;
  for (std::size_t group = 0; group < o.widths.size(); ++group, ++number) {
    for (std::int64_t i = 0; i < o.convolutions[group]; ++i, number += 3) {
      features_.emplace_named<Conv2d>(std::to_string(number), channels, o.widths[group], Conv2dOptions{.kernel = 3, .padding = 1});
      channels = o.widths[group];
      features_.emplace_named<BatchNorm2d>(std::to_string(number + 1), channels, kWithRelu);
    }
    ends_.push_back(features_.size());
  }
  register_module("features", features_);
}

void UnpoolingNetwork::add_middle(std::int64_t channels, std::int64_t hidden) {
  middle_.emplace_named<Conv2d>("fc6", channels, hidden, Conv2dOptions{.kernel = kMiddleWindow, .bias = false});
  middle_.emplace_named<BatchNorm2d>("norm6", hidden, kWithRelu);
  middle_.emplace_named<Conv2d>("fc7", hidden, hidden, Conv2dOptions{.kernel = 1, .bias = false});
  middle_.emplace_named<BatchNorm2d>("norm7", hidden, kWithRelu);
  middle_.emplace_named<ConvTranspose2d>("up6", hidden, channels,
                                         ConvTranspose2dOptions{.kernel = kMiddleWindow, .stride = 1, .bias = false});
  middle_.emplace_named<BatchNorm2d>("norm_up6", channels, kWithRelu);
  register_module("middle", middle_);
}

void UnpoolingNetwork::add_way_up(const UnpoolingNetworkOptions& o) {
  const bool transposed = o.hidden != 0;
  for (std::size_t group = o.widths.size(); group-- > 0;) {
    Sequential& row = up_.emplace();
    const std::int64_t width = o.widths[group], next = group > 0 ? o.widths[group - 1] : width;
    // SegNet's very last convolution is the one that gives the scores.
    const std::int64_t count = o.convolutions[group] - (group == 0 && !transposed ? 1 : 0);
    for (std::int64_t i = 1; i <= count; ++i) {
      const std::int64_t result = i == o.convolutions[group] ? next : width;
      if (transposed)
        row.emplace<ConvTranspose2d>(width, result, ConvTranspose2dOptions{.kernel = 3, .stride = 1, .padding = 1, .bias = false});
      else
        row.emplace<Conv2d>(width, result, Conv2dOptions{.kernel = 3, .padding = 1, .bias = false});
      row.emplace<BatchNorm2d>(result, kWithRelu);
    }
  }
  register_module("up", up_);
  const std::int64_t kernel = transposed ? 1 : 3;
  score_ = std::make_unique<Conv2d>(o.widths[0], o.classes, Conv2dOptions{.kernel = kernel, .padding = kernel / 2});
  register_module("score", *score_);
}

Padding UnpoolingNetwork::padding_of(Extent2 image) const { return padding_to_multiple(image, multiple_, least_); }

Variable UnpoolingNetwork::logits_of(const Variable& grown) {
  struct Maxima {
    Tensor places;
    Extent2 size;  // of what was pooled
  };
  std::vector<Maxima> levels;
  Variable y = grown;
  for (std::size_t group = 0; group < ends_.size(); ++group) {
    y = features_.forward_range(y, group == 0 ? 0 : ends_[group - 1], ends_[group]);
    MaxPool2dResult pooled = max_pool2d_with_indices(y);
    levels.push_back({std::move(pooled.indices), {y.extent(1), y.extent(2)}});
    y = std::move(pooled.output);
  }
  y = middle_(y);
  for (std::size_t i = 0; i < up_.size(); ++i) {
    y = up_[i](max_unpool2d(y, levels.back().places, levels.back().size));
    levels.pop_back();
  }
  return (*score_)(y);
}

}  // namespace fovea
