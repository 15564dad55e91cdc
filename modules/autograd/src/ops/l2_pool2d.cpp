#include "fovea/autograd/ops/l2_pool2d.hpp"

#include <cmath>

#include "fovea/autograd/function.hpp"
#include "ops/checks.hpp"
#include "ops/kernel_call.hpp"
#include "ops/pool2d_shape.hpp"

namespace fovea {

namespace {

using kernels::Context;

constexpr std::int64_t kGrain = 32768;

class L2Pool2d final : public Function {
 public:
  explicit L2Pool2d(const Pool2dGeometry& geometry) : geometry_(geometry) {}
  const char* name() const override { return "l2_pool2d"; }
  Attributes attributes() const override { return attributes_of(geometry_); }
  std::vector<TensorSpec> infer(std::span<const TensorSpec> in) const override {
    check_floating(name(), in[0]);
    return {infer_pool2d(name(), in[0], geometry_)};
  }

  /// y = sqrt(sum pool(x x))
  std::vector<Tensor> forward(std::span<const Tensor> in, std::span<const TensorSpec> out) override {
    const Tensor& x = in[0];
    Tensor y = Tensor::empty(out[0].shape, out[0].dtype), squares = Tensor::empty(x.shape(), x.dtype());
    dispatch_floating(x.dtype(), name(), [&]<class T>() {
      Context& context = Context::current();
      const auto& kernels = kernels_for<T>(x);
      kernels.elementwise.multiply(context, x.numel(), x.data<T>(), x.data<T>(), squares.mutable_data<T>());
      T* values = y.mutable_data<T>();
      kernels.pool2d.average_forward(context, sums_of(x.shape()), squares.data<T>(), values);
      parallel_for(context.threads(), y.numel(), kGrain, [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t i = begin; i < end; ++i) values[i] = std::sqrt(values[i]);
      });
    });
    x_ = SavedTensor(x);
    y_ = SavedTensor(y);
    return {y};
  }

  /// dx = x * (sum pool backward)(dy / y)
  std::vector<Tensor> backward(std::span<const Tensor> dy) override {
    const Tensor x = x_.get(name()), y = y_.get(name());
    Tensor dx = Tensor::empty(x.shape(), x.dtype()), ratio = Tensor::empty(y.shape(), y.dtype());
    dispatch_floating(x.dtype(), name(), [&]<class T>() {
      Context& context = Context::current();
      const auto& kernels = kernels_for<T>(x);
      const T *gradients = dy[0].data<T>(), *values = y.data<T>();
      T* ratios = ratio.mutable_data<T>();
      parallel_for(context.threads(), y.numel(), kGrain, [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t i = begin; i < end; ++i) ratios[i] = values[i] == 0 ? T{0} : gradients[i] / values[i];
      });
      T* result = dx.mutable_data<T>();
      kernels.pool2d.average_backward(context, sums_of(x.shape()), ratio.data<T>(), result);
      kernels.elementwise.multiply(context, x.numel(), result, x.data<T>(), result);
    });
    return {dx};
  }

 private:
  kernels::Pool2dShape sums_of(const Shape& x) const { return pool2d_shape(x, geometry_, true, 1); }

  Pool2dGeometry geometry_;
  SavedTensor x_, y_;
};

}  // namespace

Variable l2_pool2d(const Variable& x, const Pool2dGeometry& geometry) { return apply_one(std::make_unique<L2Pool2d>(geometry), x); }

}  // namespace fovea
