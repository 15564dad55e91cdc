#include "fovea/autograd/ops/adaptive_pool2d.hpp"

#include <fmt/format.h>

#include "fovea/autograd/function.hpp"
#include "fovea/autograd/ops/reshape.hpp"
#include "fovea/base/error.hpp"
#include "ops/kernel_call.hpp"
#include "ops/window_lists.hpp"

namespace fovea {

namespace {

using kernels::Context;

constexpr std::int64_t kLargestOutput = std::int64_t{1} << 20;  // every window is listed

/// floor(i extent / count) .. ceil((i + 1) extent / count)
AxisWindows adaptive_windows(std::int64_t extent, std::int64_t count) {
  std::vector<kernels::AxisRange> windows;
  for (std::int64_t i = 0; i < count; ++i) windows.push_back({i * extent / count, ((i + 1) * extent + count - 1) / count});
  return {std::move(windows), extent};
}

class AdaptivePool2dFunction : public Function {
 public:
  explicit AdaptivePool2dFunction(Extent2 output) : output_(output) {}
  Attributes attributes() const override { return {{"output", std::vector{output_.height, output_.width}}}; }
  std::vector<TensorSpec> infer(std::span<const TensorSpec> in) const override {
    check_images_to_pool(name(), in[0]);
    const auto in_range = [](std::int64_t extent) { return extent >= 1 && extent <= kLargestOutput; };
    if (!in_range(output_.height) || !in_range(output_.width))
      throw ShapeError(
          fmt::format("[{}] the output's extents are in [1, {}], found {}x{}", name(), kLargestOutput, output_.height, output_.width));
    return {{Shape{in[0].shape[0], output_.height, output_.width, in[0].shape[3]}, in[0].dtype}};
  }

 protected:
  WindowLists lists() const { return {adaptive_windows(x_shape_[1], output_.height), adaptive_windows(x_shape_[2], output_.width)}; }

  Extent2 output_;
  Shape x_shape_;
};

class AdaptiveAveragePool2d final : public AdaptivePool2dFunction {
 public:
  using AdaptivePool2dFunction::AdaptivePool2dFunction;
  const char* name() const override { return "adaptive_average_pool2d"; }

  std::vector<Tensor> forward(std::span<const Tensor> in, std::span<const TensorSpec> out) override {
    x_shape_ = in[0].shape();
    Tensor y = Tensor::empty(out[0].shape, out[0].dtype);
    const WindowLists windows = lists();
    dispatch_activation(y.dtype(), name(), [&]<class T>() {
      kernels_for<T>(y).window_pool2d.average_forward(Context::current(), windows.shape(x_shape_), in[0].data<T>(), y.mutable_data<T>());
    });
    return {y};
  }

  std::vector<Tensor> backward(std::span<const Tensor> dy) override {
    Tensor dx = Tensor::empty(x_shape_, dy[0].dtype());
    const WindowLists windows = lists();
    dispatch_activation(dx.dtype(), name(), [&]<class T>() {
      kernels_for<T>(dx).window_pool2d.average_backward(Context::current(), windows.shape(x_shape_), dy[0].data<T>(), dx.mutable_data<T>());
    });
    return {dx};
  }
};

class AdaptiveMaxPool2d final : public AdaptivePool2dFunction {
 public:
  using AdaptivePool2dFunction::AdaptivePool2dFunction;
  const char* name() const override { return "adaptive_max_pool2d"; }

  std::vector<Tensor> forward(std::span<const Tensor> in, std::span<const TensorSpec> out) override {
    x_shape_ = in[0].shape();
    Tensor y = Tensor::empty(out[0].shape, out[0].dtype);
    if (records()) argmax_ = Tensor::empty(out[0].shape, DType::i32);
    const WindowLists windows = lists();
    dispatch_activation(y.dtype(), name(), [&]<class T>() {
      kernels_for<T>(y).window_pool2d.max_forward(Context::current(), windows.shape(x_shape_), in[0].data<T>(), y.mutable_data<T>(),
                                                  records() ? argmax_.mutable_data<std::int32_t>() : nullptr);
    });
    return {y};
  }

  std::vector<Tensor> backward(std::span<const Tensor> dy) override {
    Tensor dx = Tensor::empty(x_shape_, dy[0].dtype());
    const WindowLists windows = lists();
    dispatch_activation(dx.dtype(), name(), [&]<class T>() {
      kernels_for<T>(dx).window_pool2d.max_backward(Context::current(), windows.shape(x_shape_), dy[0].data<T>(),
                                                    argmax_.data<std::int32_t>(), dx.mutable_data<T>());
    });
    return {dx};
  }

 private:
  Tensor argmax_;  // of this function alone: nobody else can change it
};

}  // namespace

Variable adaptive_average_pool2d(const Variable& x, Extent2 output) {
  return apply_one(std::make_unique<AdaptiveAveragePool2d>(output), x);
}
Variable adaptive_max_pool2d(const Variable& x, Extent2 output) { return apply_one(std::make_unique<AdaptiveMaxPool2d>(output), x); }

Variable global_max_pool2d(const Variable& x) {
  check_images_to_pool("global_max_pool2d", x.value().spec());
  return reshape(adaptive_max_pool2d(x, 1), {x.extent(0), x.extent(3)});
}

}  // namespace fovea
