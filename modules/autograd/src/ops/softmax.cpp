#include "fovea/autograd/ops/softmax.hpp"

#include "fovea/autograd/function.hpp"
#include "fovea/base/error.hpp"
#include "ops/checks.hpp"
#include "ops/kernel_call.hpp"

namespace fovea {

namespace {

using kernels::Context;

class Softmax final : public Function {
 public:
  const char* name() const override { return "softmax"; }
  std::vector<TensorSpec> infer(std::span<const TensorSpec> in) const override {
    check_floating(name(), in[0]);
    if (in[0].shape.rank() < 1 || in[0].shape.at(-1) < 1)
      throw ShapeError("[softmax] wants a last axis of at least 1, found " + in[0].shape.to_string());
    return {in[0]};
  }
  std::vector<Tensor> forward(std::span<const Tensor> in, std::span<const TensorSpec> out) override {
    const std::int64_t columns = out[0].shape.at(-1);
    Tensor y = Tensor::empty(out[0].shape, out[0].dtype);
    dispatch_floating(y.dtype(), name(), [&]<class T>() {
      kernels_for<T>(y).softmax.forward(Context::current(), y.numel() / columns, columns, in[0].data<T>(), y.mutable_data<T>());
    });
    if (records()) y_ = SavedTensor(y);
    return {y};
  }
  std::vector<Tensor> backward(std::span<const Tensor> dy) override {
    const Tensor& y = y_.get(name());
    const std::int64_t columns = y.extent(-1);
    Tensor dx = Tensor::empty(y.shape(), y.dtype());
    dispatch_floating(y.dtype(), name(), [&]<class T>() {
      kernels_for<T>(y).softmax.backward(Context::current(), y.numel() / columns, columns, y.data<T>(), dy[0].data<T>(),
                                         dx.mutable_data<T>());
    });
    return {dx};
  }

 private:
  SavedTensor y_;
};

}  // namespace

Variable softmax(const Variable& x) { return apply_one(std::make_unique<Softmax>(), x); }

}  // namespace fovea
