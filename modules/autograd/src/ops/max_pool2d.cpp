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
  explicit MaxPool2dFunction(const Pool2dGeometry& geometry) : geometry_(geometry) {}
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
    if (records()) argmax_ = Tensor::empty(out[0].shape, DType::i32);
    dispatch_activation(x.dtype(), name(), [&]<class T>() {
      kernels_for<T>(x).pool2d.max_forward(Context::current(), pool2d_shape(x_shape_, geometry_, false), x.data<T>(), y.mutable_data<T>(),
                                           records() ? argmax_.mutable_data<std::int32_t>() : nullptr);
    });
    return {y};
  }

  std::vector<Tensor> backward(std::span<const Tensor> dy) override {
    Tensor dx = Tensor::empty(x_shape_, dy[0].dtype());
    dispatch_activation(dx.dtype(), name(), [&]<class T>() {
      kernels_for<T>(dx).pool2d.max_backward(Context::current(), pool2d_shape(x_shape_, geometry_, false), dy[0].data<T>(),
                                             argmax_.data<std::int32_t>(), dx.mutable_data<T>());
    });
    return {dx};
  }

 private:
  Pool2dGeometry geometry_;
  Shape x_shape_;
  Tensor argmax_;  // of this function alone: nobody else can change it
};

}  // namespace

Variable max_pool2d(const Variable& x, const Pool2dGeometry& geometry) {
  return apply_one(std::make_unique<MaxPool2dFunction>(geometry), x);
}

}  // namespace fovea
