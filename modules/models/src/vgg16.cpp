#include "fovea/models/vgg16.hpp"

#include <fmt/ranges.h>

#include <algorithm>
#include <array>

#include "fovea/autograd/ops/average_pool2d.hpp"
#include "fovea/autograd/ops/reshape.hpp"
#include "fovea/base/error.hpp"
#include "fovea/nn/activation.hpp"
#include "fovea/nn/conv2d.hpp"
#include "fovea/nn/dropout.hpp"
#include "fovea/nn/linear.hpp"
#include "fovea/nn/pool2d.hpp"

namespace fovea {

namespace {

constexpr std::array<int, 5> kConvolutions = {2, 2, 3, 3, 3};  // of the groups
constexpr std::int64_t kHalvings = 32;                         // one after each group
constexpr std::int64_t kPooled = 7;                            // side of the image that the fully connected layers see

bool fits(std::int64_t extent) { return extent / kHalvings >= kPooled && extent / kHalvings % kPooled == 0; }

const Vgg16Options& checked(const Vgg16Options& o) {
  if (!fits(o.height) || !fits(o.width))
    throw OptionError(
        fmt::format("[vgg16] the image's sides divided by 32 are multiples of 7, as those of 224x224 are, found {}x{}", o.width, o.height));
  if (o.widths.size() != kConvolutions.size() || std::any_of(o.widths.begin(), o.widths.end(), [](std::int64_t w) { return w < 1; }))
    throw OptionError(fmt::format("[vgg16] widths are 5 numbers of 1 or more, found [{}]", fmt::join(o.widths, ",")));
  if (o.classes < 2) throw OptionError(fmt::format("[vgg16] at least 2 classes, found {}", o.classes));
  return o;
}

}  // namespace

Vgg16::Vgg16(const Vgg16Options& o) {
  std::int64_t channels = checked(o).channels;
  for (std::size_t group = 0; group < kConvolutions.size(); ++group) {
    for (int i = 0; i < kConvolutions[group]; ++i) {
      features_.emplace<Conv2d>(channels, o.widths[group], Conv2dOptions{.kernel = 3, .padding = 1});
      features_.emplace<Relu>();
      channels = o.widths[group];
    }
    features_.emplace<MaxPool2d>();
  }
  classifier_.emplace<Linear>(kPooled * kPooled * channels, o.hidden, LinearOptions{.flattened = {kPooled, kPooled, channels}});
  classifier_.emplace<Relu>();
  classifier_.emplace<Dropout>(o.dropout);
  classifier_.emplace<Linear>(o.hidden, o.hidden);
  classifier_.emplace<Relu>();
  classifier_.emplace<Dropout>(o.dropout);
  classifier_.emplace<Linear>(o.hidden, o.classes);
  register_module("features", features_);
  register_module("classifier", classifier_);
}

Variable Vgg16::forward(const Variable& x) {
  if (x.shape().rank() == 4 && (!fits(x.extent(1)) || !fits(x.extent(2))))
    throw ShapeError(fmt::format("[vgg16] the image's sides divided by 32 are multiples of 7, as those of 224x224 are, found {}x{}",
                                 x.extent(2), x.extent(1)));
  Variable y = features_(x);
  const Extent2 window{y.extent(1) / kPooled, y.extent(2) / kPooled};
  if (window != Extent2(1)) y = average_pool2d(y, {.window = window, .stride = window});
  return classifier_(flatten(y));
}

}  // namespace fovea
