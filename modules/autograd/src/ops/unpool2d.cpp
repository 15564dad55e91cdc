#include "fovea/autograd/ops/unpool2d.hpp"

#include <fmt/format.h>

#include "fovea/autograd/function.hpp"
#include "fovea/autograd/ops/gather.hpp"
#include "fovea/autograd/ops/reshape.hpp"
#include "fovea/base/error.hpp"
#include "ops/checks.hpp"
#include "ops/resample.hpp"

namespace fovea {

namespace {

/// Places 0 .. extent * factor - 1 that take their pixel: all of them, or the first of each.
AxisTaps repeated_axis(std::int64_t extent, std::int64_t factor, bool only_first) {
  AxisTaps taps;
  taps.input = extent;
  for (std::int64_t i = 0; i < extent * factor; ++i, taps.end_place())
    if (!only_first || i % factor == 0) taps.add(i / factor);
  return taps;
}

class Unpool2d final : public Function {
 public:
  Unpool2d(Extent2 factor, bool only_first) : factor_(factor), only_first_(only_first) {}
  const char* name() const override { return only_first_ ? "bed_of_nails_unpool2d" : "nearest_unpool2d"; }
  Attributes attributes() const override { return {{"factor", std::vector{factor_.height, factor_.width}}}; }

  std::vector<TensorSpec> infer(std::span<const TensorSpec> in) const override {
    check_images_to_resample(name(), in[0]);
    const auto in_range = [](std::int64_t factor) { return factor >= 1 && factor <= kLargestSetting; };
    if (!in_range(factor_.height) || !in_range(factor_.width))
      throw ShapeError(fmt::format("[{}] factors are in [1, {}], found {}x{}", name(), kLargestSetting, factor_.height, factor_.width));
    const Shape& x = in[0].shape;
    check_resampled_extent(name(), x[1] * factor_.height, 0, x);
    check_resampled_extent(name(), x[2] * factor_.width, 0, x);
    return {{Shape{x[0], x[1] * factor_.height, x[2] * factor_.width, x[3]}, in[0].dtype}};
  }

  std::vector<Tensor> forward(std::span<const Tensor> in, std::span<const TensorSpec>) override {
    height_ = in[0].extent(1);
    width_ = in[0].extent(2);
    return {resample(name(), in[0], rows(), columns())};
  }

  std::vector<Tensor> backward(std::span<const Tensor> dy) override {
    return {resample(name(), dy[0], rows().transposed(), columns().transposed())};
  }

 private:
  AxisTaps rows() const { return repeated_axis(height_, factor_.height, only_first_); }
  AxisTaps columns() const { return repeated_axis(width_, factor_.width, only_first_); }

  Extent2 factor_;
  bool only_first_;
  std::int64_t height_ = 0, width_ = 0;
};

}  // namespace

Variable nearest_unpool2d(const Variable& x, Extent2 factor) { return apply_one(std::make_unique<Unpool2d>(factor, false), x); }
Variable bed_of_nails_unpool2d(const Variable& x, Extent2 factor) { return apply_one(std::make_unique<Unpool2d>(factor, true), x); }

Variable max_unpool2d(const Variable& x, const Tensor& indices, Extent2 output) {
  check_rank("max_unpool2d", "input", x.value().spec(), 4, "[N,P,Q,C]");
  if (!indices.defined() || indices.shape() != x.shape() || (indices.dtype() != DType::i32 && indices.dtype() != DType::i64))
    throw ShapeError(fmt::format("[max_unpool2d] wants indices (i32 or i64) of the input's shape {}, found {}", x.shape().to_string(),
                                 indices.defined() ? std::string(name_of(indices.dtype())) + " " + indices.shape().to_string() : "none"));
  if (output.height < 1 || output.height > kLargestSetting || output.width < 1 || output.width > kLargestSetting)
    throw ShapeError(
        fmt::format("[max_unpool2d] the output's extents are in [1, {}], found {}x{}", kLargestSetting, output.height, output.width));
  const std::int64_t n = x.extent(0), windows = x.extent(1) * x.extent(2), channels = x.extent(3);
  const Tensor places = indices.to(DType::i64).reshape({n, windows, channels});
  const Variable nothing(Tensor::zeros({n, output.height * output.width, channels}, x.dtype()));
  const Variable placed = scatter(nothing, 1, places, reshape(x, {n, windows, channels}));
  return reshape(placed, {n, output.height, output.width, channels});
}

}  // namespace fovea
