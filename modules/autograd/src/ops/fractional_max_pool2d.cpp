#include "fovea/autograd/ops/fractional_max_pool2d.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

#include "fovea/autograd/function.hpp"
#include "fovea/base/error.hpp"
#include "ops/kernel_call.hpp"
#include "ops/window_lists.hpp"

namespace fovea {

namespace {

using kernels::AxisRange, kernels::Context;

class FractionalMaxPool2d final : public Function {
 public:
  explicit FractionalMaxPool2d(WindowLists windows) : windows_(std::move(windows)) {}
  const char* name() const override { return "fractional_max_pool2d"; }
  Attributes attributes() const override {
    const auto flat = [](const std::vector<AxisRange>& ranges) {
      std::vector<std::int64_t> numbers;
      for (const AxisRange& range : ranges) numbers.insert(numbers.end(), {range.begin, range.end});
      return numbers;
    };
    return {{"rows", flat(windows_.rows.windows)}, {"columns", flat(windows_.columns.windows)}};
  }

  std::vector<TensorSpec> infer(std::span<const TensorSpec> in) const override {
    check_images_to_pool(name(), in[0]);
    const kernels::WindowPool2dShape shape = windows_.shape(in[0].shape);
    return {{Shape{shape.n, shape.p, shape.q, shape.c}, in[0].dtype}};
  }

  std::vector<Tensor> forward(std::span<const Tensor> in, std::span<const TensorSpec> out) override {
    x_shape_ = in[0].shape();
    Tensor y = Tensor::empty(out[0].shape, out[0].dtype);
    if (records()) argmax_ = Tensor::empty(out[0].shape, DType::i32);
    dispatch_activation(y.dtype(), name(), [&]<class T>() {
      kernels_for<T>(y).window_pool2d.max_forward(Context::current(), windows_.shape(x_shape_), in[0].data<T>(), y.mutable_data<T>(),
                                                  records() ? argmax_.mutable_data<std::int32_t>() : nullptr);
    });
    return {y};
  }

  std::vector<Tensor> backward(std::span<const Tensor> dy) override {
    Tensor dx = Tensor::empty(x_shape_, dy[0].dtype());
    dispatch_activation(dx.dtype(), name(), [&]<class T>() {
      kernels_for<T>(dx).window_pool2d.max_backward(Context::current(), windows_.shape(x_shape_), dy[0].data<T>(),
                                                    argmax_.data<std::int32_t>(), dx.mutable_data<T>());
    });
    return {dx};
  }

 private:
  WindowLists windows_;
  Shape x_shape_;
  Tensor argmax_;  // of this function alone: nobody else can change it
};

AxisWindows windows_between(const std::vector<std::int64_t>& boundaries, std::int64_t extent, bool overlapping) {
  bool fits = boundaries.size() >= 2 && boundaries.front() == 0 && boundaries.back() == extent;
  for (std::size_t i = 1; fits && i < boundaries.size(); ++i) fits = boundaries[i - 1] < boundaries[i];
  if (!fits)
    throw ShapeError(
        fmt::format("[fractional_max_pool2d] boundaries ascend from 0 to {}, found {{{}}}", extent, fmt::join(boundaries, ",")));
  std::vector<AxisRange> windows;
  for (std::size_t i = 1; i < boundaries.size(); ++i)
    windows.push_back({boundaries[i - 1], std::min(extent, boundaries[i] + (overlapping ? 1 : 0))});
  return {std::move(windows), extent};
}

AxisWindows windows_of_one_size(std::int64_t extent, std::int64_t window, std::int64_t output, double sample) {
  if (window < 1 || output < 1 || window > extent || output > extent - window + 1)
    throw ShapeError(fmt::format("[fractional_max_pool2d] {} windows of {} cells do not fit into {} cells", output, window, extent));
  if (!(sample >= 0 && sample < 1)) throw ShapeError(fmt::format("[fractional_max_pool2d] samples are in [0, 1), found {}", sample));
  const double step = output > 1 ? static_cast<double>(extent - window) / static_cast<double>(output - 1) : 0;
  std::vector<AxisRange> windows;
  for (std::int64_t i = 0; i < output; ++i) {
    auto begin = static_cast<std::int64_t>(std::floor((static_cast<double>(i) + sample) * step) - std::floor(sample * step));
    if (i == output - 1) begin = extent - window;
    windows.push_back({begin, begin + window});
  }
  return {std::move(windows), extent};
}

Variable pooled(const Variable& x, WindowLists windows) { return apply_one(std::make_unique<FractionalMaxPool2d>(std::move(windows)), x); }

}  // namespace

std::vector<std::int64_t> fractional_boundaries(std::int64_t input, std::int64_t output, FractionalSteps steps, RandomStream& stream) {
  if (output < 1 || output > input)
    throw ShapeError(fmt::format("[fractional_max_pool2d] an output of {} cells is not within 1 and the input's {}", output, input));
  std::vector<std::int64_t> boundaries{0};
  if (steps == FractionalSteps::random) {
    const std::vector<std::int64_t> order = random_permutation(output, RandomStream(stream.next_u64()));
    for (const std::int64_t place : order) boundaries.push_back(boundaries.back() + input / output + (place < input % output ? 1 : 0));
    return boundaries;
  }
  const double ratio = static_cast<double>(input) / static_cast<double>(output), sample = stream.uniform();
  for (std::int64_t i = 1; i < output; ++i)
    boundaries.push_back(static_cast<std::int64_t>(std::floor((static_cast<double>(i) + sample) * ratio) - std::floor(sample * ratio)));
  boundaries.push_back(input);
  return boundaries;
}

Variable fractional_max_pool2d(const Variable& x, const std::vector<std::int64_t>& rows, const std::vector<std::int64_t>& columns,
                               bool overlapping) {
  check_images_to_pool("fractional_max_pool2d", x.value().spec());
  return pooled(x, {windows_between(rows, x.extent(1), overlapping), windows_between(columns, x.extent(2), overlapping)});
}

Variable fractional_max_pool2d(const Variable& x, const FractionalMaxPool2dGeometry& g) {
  check_images_to_pool("fractional_max_pool2d", x.value().spec());
  return pooled(x, {windows_of_one_size(x.extent(1), g.window.height, g.output.height, g.sample_h),
                    windows_of_one_size(x.extent(2), g.window.width, g.output.width, g.sample_w)});
}

}  // namespace fovea
