#include "fovea/autograd/ops/max_pool2d.hpp"

#include <limits>

#include "fovea/autograd/function.hpp"
#include "fovea/base/error.hpp"
#include "ops/kernel_call.hpp"
#include "ops/pool2d_shape.hpp"

namespace fovea {

namespace {

using kernels::Context;

class MaxPool2dFunction final : public Function {
 public:
  /// `indices` receives where the maxima are, if it is not null: in forward, not later.
  explicit MaxPool2dFunction(const Pool2dGeometry& geometry, Tensor* indices = nullptr) : geometry_(geometry), indices_(indices) {}
  const char* name() const override { return "max_pool2d"; }
  Attributes attributes() const override { return attributes_of(geometry_); }
  std::vector<TensorSpec> infer(std::span<const TensorSpec> in) const override {
    const TensorSpec out = infer_pool2d(name(), in[0], geometry_);
    const Shape& x = in[0].shape;
    if (x[1] > std::numeric_limits<std::int32_t>::max() / x[2])  // what argmax_ can point at
      throw ShapeError("[max_pool2d] an image has less than 2^31 pixels, found " + x.to_string());
    return {out};
  }

  std::vector<Tensor> forward(std::span<const Tensor> in, std::span<const TensorSpec> out) override {
    const Tensor& x = in[0];
    x_shape_ = x.shape();
    Tensor y = Tensor::empty(out[0].shape, out[0].dtype);
    Tensor argmax;
    if (records() || indices_ != nullptr) argmax = Tensor::empty(out[0].shape, DType::i32);
    dispatch_activation(x.dtype(), name(), [&]<class T>() {
      kernels_for<T>(x).pool2d.max_forward(Context::current(), pool2d_shape(x_shape_, geometry_, false), x.data<T>(), y.mutable_data<T>(),
                                           argmax.defined() ? argmax.mutable_data<std::int32_t>() : nullptr);
    });
    if (records()) argmax_ = SavedTensor(argmax);
    if (indices_ != nullptr) *indices_ = argmax;
    indices_ = nullptr;
    return {y};
  }

  std::vector<Tensor> backward(std::span<const Tensor> dy) override {
    const Tensor argmax = argmax_.get(name());
    Tensor dx = Tensor::empty(x_shape_, dy[0].dtype());
    dispatch_activation(dx.dtype(), name(), [&]<class T>() {
      kernels_for<T>(dx).pool2d.max_backward(Context::current(), pool2d_shape(x_shape_, geometry_, false), dy[0].data<T>(),
                                             argmax.data<std::int32_t>(), dx.mutable_data<T>());
    });
    return {dx};
  }

 private:
  Pool2dGeometry geometry_;
  Shape x_shape_;
  Tensor* indices_;
  SavedTensor argmax_;
};

}  // namespace

Variable max_pool2d(const Variable& x, const Pool2dGeometry& geometry) {
  return apply_one(std::make_unique<MaxPool2dFunction>(geometry), x);
}

MaxPool2dResult max_pool2d_with_indices(const Variable& x, const Pool2dGeometry& geometry) {
  MaxPool2dResult result;
  result.output = apply_one(std::make_unique<MaxPool2dFunction>(geometry, &result.indices), x);
  return result;
}

}  // namespace fovea
