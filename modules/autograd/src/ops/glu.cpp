#include "fovea/autograd/ops/glu.hpp"

#include "fovea/autograd/function.hpp"
#include "fovea/base/error.hpp"
#include "ops/checks.hpp"
#include "ops/kernel_call.hpp"

namespace fovea {

namespace {

using kernels::Context;

class Glu final : public Function {
 public:
  const char* name() const override { return "glu"; }

  std::vector<TensorSpec> infer(std::span<const TensorSpec> in) const override {
    check_activation(name(), in[0]);
    const Shape& x = in[0].shape;
    if (x.rank() < 1 || x.at(-1) % 2 != 0) throw ShapeError("[glu] wants a last axis of even length, found " + x.to_string());
    std::vector<std::int64_t> extents(x.begin(), x.end());
    extents.back() /= 2;
    return {{Shape(extents), in[0].dtype}};
  }

  std::vector<Tensor> forward(std::span<const Tensor> in, std::span<const TensorSpec> out) override {
    Tensor y = Tensor::empty(out[0].shape, out[0].dtype);
    dispatch_activation(y.dtype(), name(), [&]<class T>() {
      kernels_for<T>(y).activation.glu_forward(Context::current(), rows_of(y), y.extent(-1), in[0].data<T>(), y.mutable_data<T>());
    });
    if (records()) x_ = SavedTensor(in[0]);
    return {y};
  }

  std::vector<Tensor> backward(std::span<const Tensor> dy) override {
    const Tensor& x = x_.get(name());
    Tensor dx = Tensor::empty(x.shape(), x.dtype());
    dispatch_activation(x.dtype(), name(), [&]<class T>() {
      kernels_for<T>(x).activation.glu_backward(Context::current(), rows_of(dy[0]), dy[0].extent(-1), x.data<T>(), dy[0].data<T>(),
                                                dx.mutable_data<T>());
    });
    return {dx};
  }

 private:
  static std::int64_t rows_of(const Tensor& y) { return y.extent(-1) == 0 ? 0 : y.numel() / y.extent(-1); }

  SavedTensor x_;
};

}  // namespace

Variable glu(const Variable& x) { return apply_one(std::make_unique<Glu>(), x); }

}  // namespace fovea
