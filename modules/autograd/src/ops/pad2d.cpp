#include "fovea/autograd/ops/pad2d.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "fovea/autograd/function.hpp"
#include "fovea/base/error.hpp"
#include "ops/kernel_call.hpp"
#include "ops/resample.hpp"

namespace fovea {

namespace {

const char* name_of(PadMode mode) {
  switch (mode) {
    case PadMode::constant:
      return "constant";
    case PadMode::reflect:
      return "reflect";
    case PadMode::replicate:
      return "replicate";
    case PadMode::circular:
      break;
  }
  return "circular";
}

/// The input's place that stands at `source`, which may be outside; -1 for none.
std::int64_t standing_at(std::int64_t source, std::int64_t extent, PadMode mode) {
  if (source >= 0 && source < extent) return source;
  switch (mode) {
    case PadMode::constant:
      return -1;
    case PadMode::reflect:
      return source < 0 ? -source : 2 * (extent - 1) - source;
    case PadMode::replicate:
      return source < 0 ? 0 : extent - 1;
    case PadMode::circular:
      break;
  }
  return source < 0 ? source + extent : source - extent;
}

AxisTaps padded_axis(std::int64_t extent, std::int64_t before, std::int64_t behind, PadMode mode) {
  AxisTaps taps;
  taps.input = extent;
  for (std::int64_t i = -before; i < extent + behind; ++i, taps.end_place()) {
    const std::int64_t place = standing_at(i, extent, mode);
    if (place >= 0) taps.add(place);
  }
  return taps;
}

class Pad2dFunction final : public Function {
 public:
  Pad2dFunction(const Padding& padding, PadMode mode, double value) : padding_(padding), mode_(mode), value_(value) {}
  const char* name() const override { return "pad2d"; }
  Attributes attributes() const override {
    return {{"padding", std::vector{padding_.top, padding_.bottom, padding_.left, padding_.right}},
            {"mode", std::string(name_of(mode_))},
            {"value", value_}};
  }

  std::vector<TensorSpec> infer(std::span<const TensorSpec> in) const override {
    check_images_to_resample(name(), in[0]);
    const Shape& x = in[0].shape;
    const std::int64_t height = padded_extent(x, x[1], padding_.top, padding_.bottom);
    return {{Shape{x[0], height, padded_extent(x, x[2], padding_.left, padding_.right), x[3]}, in[0].dtype}};
  }

  std::vector<Tensor> forward(std::span<const Tensor> in, std::span<const TensorSpec>) override {
    x_shape_ = in[0].shape();
    const AxisTaps row_taps = rows(), column_taps = columns();
    Tensor y = resample(name(), in[0], row_taps, column_taps);
    if (mode_ == PadMode::constant && value_ != 0) fill_outside(row_taps, column_taps, y);
    return {y};
  }

  std::vector<Tensor> backward(std::span<const Tensor> dy) override {
    return {resample(name(), dy[0], rows().transposed(), columns().transposed())};
  }

 private:
  AxisTaps rows() const { return padded_axis(x_shape_[1], padding_.top, padding_.bottom, mode_); }
  AxisTaps columns() const { return padded_axis(x_shape_[2], padding_.left, padding_.right, mode_); }

  std::int64_t padded_extent(const Shape& x, std::int64_t extent, std::int64_t before, std::int64_t behind) const {
    constexpr std::int64_t kMost = std::int64_t{1} << 30;
    const auto in_range = [](std::int64_t count) { return count >= -kMost && count <= kMost; };
    if (!in_range(before) || !in_range(behind) || extent + before + behind < 1 || extent + before + behind > kMost)
      throw ShapeError(fmt::format("[pad2d] {} and {} around {} of input {} leave nothing or more than {}", before, behind, extent,
                                   x.to_string(), kMost));
    const std::int64_t most = mode_ == PadMode::reflect ? extent - 1 : mode_ == PadMode::circular ? extent : extent > 0 ? kMost : 0;
    if (mode_ != PadMode::constant && (before > most || behind > most || extent < 1))
      throw ShapeError(fmt::format("[pad2d] {} continues {} rows or columns by at most {}, found {} and {} for input {}", name_of(mode_),
                                   extent, std::max<std::int64_t>(most, 0), before, behind, x.to_string()));
    return extent + before + behind;
  }

  /// Writes the value where a row or a column takes nothing.
  void fill_outside(const AxisTaps& row_taps, const AxisTaps& column_taps, Tensor& y) const {
    dispatch_activation(y.dtype(), name(), [&]<class T>() {
      const std::int64_t width = y.extent(2), channels = y.extent(3);
      T* data = y.mutable_data<T>();
      const auto is_empty = [](const AxisTaps& taps, std::int64_t place) {
        return taps.begins[static_cast<std::size_t>(place)] == taps.begins[static_cast<std::size_t>(place) + 1];
      };
      parallel_for(kernels::Context::current().threads(), y.extent(0) * y.extent(1), 16, [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t row = begin; row < end; ++row)
          for (std::int64_t column = 0; column < width; ++column)
            if (is_empty(row_taps, row % y.extent(1)) || is_empty(column_taps, column))
              std::fill_n(data + (row * width + column) * channels, channels, static_cast<T>(static_cast<kernels::WeightOf<T>>(value_)));
      });
    });
  }

  Padding padding_;
  PadMode mode_;
  double value_;
  Shape x_shape_;
};

}  // namespace

Variable pad2d(const Variable& x, const Padding& padding, PadMode mode, double value) {
  return apply_one(std::make_unique<Pad2dFunction>(padding, mode, value), x);
}

Variable crop2d(const Variable& x, const Padding& cut) {
  if (cut.top < 0 || cut.bottom < 0 || cut.left < 0 || cut.right < 0)
    throw ShapeError(fmt::format("[crop2d] what is cut off is at least 0, found top {}, bottom {}, left {}, right {}", cut.top, cut.bottom,
                                 cut.left, cut.right));
  return pad2d(x, {-cut.top, -cut.bottom, -cut.left, -cut.right});
}

}  // namespace fovea
