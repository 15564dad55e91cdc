#include "fovea/models/unet.hpp"

#include <fmt/ranges.h>

#include <algorithm>
#include <utility>

#include "fovea/autograd/ops/concat.hpp"
#include "fovea/autograd/ops/max_pool2d.hpp"
#include "fovea/base/error.hpp"

namespace fovea {

namespace {

constexpr std::size_t kMostLevels = 16;

const UNetOptions& checked(const UNetOptions& o) {
  if (o.widths.empty() || o.widths.size() > kMostLevels ||
      std::any_of(o.widths.begin(), o.widths.end(), [](std::int64_t w) { return w < 1; }))
    throw OptionError(fmt::format("[unet] widths are 1 to {} numbers of 1 or more, found [{}]", kMostLevels, fmt::join(o.widths, ",")));
  if (o.classes < 2) throw OptionError(fmt::format("[unet] at least 2 classes, found {}", o.classes));
  return o;
}

}  // namespace

DoubleConv::DoubleConv(std::int64_t in_channels, std::int64_t out_channels)
    : conv1(in_channels, out_channels, {.kernel = 3, .padding = 1, .bias = false}),
      norm1(out_channels),
      conv2(out_channels, out_channels, {.kernel = 3, .padding = 1, .bias = false}),
      norm2(out_channels) {
  register_module("0", conv1);
  register_module("1", norm1);
  register_module("3", conv2);
  register_module("4", norm2);
}

Variable DoubleConv::forward(const Variable& x) { return norm2.forward_relu(conv2(norm1.forward_relu(conv1(x)))); }

UNet::UNet(const UNetOptions& o) : out_(checked(o).widths[0], o.classes, {.kernel = 1}) {
  const std::vector<std::int64_t>& widths = o.widths;
  for (std::size_t level = 0; level < widths.size(); ++level) down_.emplace(level == 0 ? o.channels : widths[level - 1], widths[level]);
  for (std::size_t level = widths.size() - 1; level > 0; --level) {
    up_.emplace(widths[level], widths[level - 1]);
    dec_.emplace(2 * widths[level - 1], widths[level - 1]);
  }
  register_module("down", down_);
  register_module("up", up_);
  register_module("dec", dec_);
  register_module("out", out_);
}

Variable UNet::forward(const Variable& x) {
  const std::int64_t multiple = std::int64_t{1} << (down_.size() - 1);
  if (x.shape().rank() == 4 && (x.extent(1) % multiple != 0 || x.extent(2) % multiple != 0))
    throw ShapeError(fmt::format("[unet] the image's sides are multiples of {}, found {}x{}", multiple, x.extent(2), x.extent(1)));
  std::vector<Variable> features{down_[0](x)};  // of each level
  for (std::size_t level = 1; level < down_.size(); ++level) features.push_back(down_[level](max_pool2d(features.back())));
  Variable y = std::move(features.back());
  features.pop_back();
  for (std::size_t i = 0; i < up_.size(); ++i) {
    {
      const Variable raised = up_[i](y);
      y = concat({features.back(), raised});
    }
    features.pop_back();  // inference needs it no longer
    y = dec_[i](y);
  }
  return out_(y);
}

}  // namespace fovea
