#include "fovea/models/unet.hpp"

#include <fmt/ranges.h>

#include <algorithm>
#include <utility>

#include "fovea/autograd/ops/concat.hpp"
#include "fovea/autograd/ops/max_pool2d.hpp"
#include "fovea/autograd/ops/pad2d.hpp"
#include "fovea/autograd/ops/resize2d.hpp"
#include "fovea/base/error.hpp"
#include "fovea/nn/conv_transpose2d.hpp"

namespace fovea {

namespace {

using Border = UNetOptions::Border;
using Up = UNetOptions::Up;

constexpr std::size_t kMostLevels = 16;
constexpr std::int64_t kLost = 4;  // rows that two 3x3 convolutions without padding take off

const UNetOptions& checked(const UNetOptions& o) {
  if (o.widths.empty() || o.widths.size() > kMostLevels ||
      std::any_of(o.widths.begin(), o.widths.end(), [](std::int64_t w) { return w < 1; }))
    throw OptionError(fmt::format("[unet] widths are 1 to {} numbers of 1 or more, found [{}]", kMostLevels, fmt::join(o.widths, ",")));
  if (o.classes < 2) throw OptionError(fmt::format("[unet] at least 2 classes, found {}", o.classes));
  return o;
}

/// Twice the size by interpolation. The 1x1 convolution comes first: the order does not change the result, but a quarter of the pixels
/// costs a quarter.
class BilinearUp final : public Layer {
 public:
  BilinearUp(std::int64_t in_channels, std::int64_t out_channels) : conv_(in_channels, out_channels, {.kernel = 1}) {
    register_module("conv", conv_);
  }
  Variable forward(const Variable& x) override { return resize2d(conv_(x), {2 * x.extent(1), 2 * x.extent(2)}); }

 private:
  Conv2d conv_;
};

/// The middle of `x`, as large as `other`.
Variable middle(const Variable& x, const Variable& other) {
  const std::int64_t rows = x.extent(1) - other.extent(1), columns = x.extent(2) - other.extent(2);
  if (rows == 0 && columns == 0) return x;
  return crop2d(x, {rows / 2, rows - rows / 2, columns / 2, columns - columns / 2});
}

}  // namespace

UNet::UNet(const UNetOptions& o) : SegmentationNetwork(o.edges), border_(o.border), out_(checked(o).widths[0], o.classes, {.kernel = 1}) {
  const std::vector<std::int64_t>& widths = o.widths;
  const DoubleConvOptions pair{.norm = o.norm, .padded = o.border == Border::same};
  for (std::size_t level = 0; level < widths.size(); ++level)
    down_.emplace(level == 0 ? o.channels : widths[level - 1], widths[level], pair);
  for (std::size_t level = widths.size() - 1; level > 0; --level) {
    if (o.up == Up::transposed)
      up_.append(std::make_unique<ConvTranspose2d>(widths[level], widths[level - 1]));
    else
      up_.append(std::make_unique<BilinearUp>(widths[level], widths[level - 1]));
    dec_.emplace(2 * widths[level - 1], widths[level - 1], pair);
  }
  register_module("down", down_);
  if (o.dropout != 0) register_module("dropout", dropout_.emplace(o.dropout));
  register_module("up", up_);
  register_module("dec", dec_);
  register_module("out", out_);
}

// Every level loses kLost of its rows twice, on the way down and on the way up, the lowest once.
std::int64_t UNet::margin() const {
  if (border_ == Border::same) return 0;
  const std::int64_t scale = std::int64_t{1} << (down_.size() - 1);
  return kLost * (3 * scale - 2);
}

/// The least number of image rows, at least `wanted`, of which every level has an even number to halve and that leave something.
std::int64_t UNet::whole_extent(std::int64_t wanted) const {
  const std::int64_t scale = std::int64_t{1} << (down_.size() - 1);
  const std::int64_t lost = border_ == Border::same ? 0 : kLost * (2 * scale - 1);  // on the way down, in image rows
  const std::int64_t least = border_ == Border::same || scale == 1 ? 1 : kLost;     // of rows below, for the way up
  return lost + scale * std::max(least, (wanted - lost + scale - 1) / scale);
}

Extent2 UNet::output_size(Extent2 image) const {
  if (border_ != Border::valid) return image;
  const std::int64_t lost = margin();
  if (image.height <= lost || image.width <= lost)
    throw ShapeError(
        fmt::format("[unet] without padding the result is {} pixels smaller on each axis: expected an image of at least {}x{}, found {}x{}",
                    lost, lost + 1, lost + 1, image.width, image.height));
  return {image.height - lost, image.width - lost};
}

Padding UNet::padding_of(Extent2 image) const {
  const std::int64_t around = border_ == Border::mirror ? margin() : 0, front = around / 2;
  const auto back = [&](std::int64_t extent) { return whole_extent(extent + around) - extent - front; };
  return {front, back(image.height), front, back(image.width)};
}

Variable UNet::logits_of(const Variable& grown) {
  std::vector<Variable> features{down_[0](grown)};  // of each level
  for (std::size_t level = 1; level < down_.size(); ++level) features.push_back(down_[level](max_pool2d(features.back())));
  Variable y = std::move(features.back());
  features.pop_back();
  if (dropout_) y = (*dropout_)(y);
  for (std::size_t i = 0; i < up_.size(); ++i) {
    {
      const Variable raised = up_[i](y);
      y = concat({middle(features.back(), raised), raised});
    }
    features.pop_back();  // inference needs it no longer
    y = dec_[i](y);
  }
  return out_(y);
}

}  // namespace fovea
