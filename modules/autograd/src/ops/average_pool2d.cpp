#include "fovea/autograd/ops/average_pool2d.hpp"

#include <fmt/format.h>

#include "fovea/autograd/function.hpp"
#include "fovea/autograd/ops/reshape.hpp"
#include "fovea/base/error.hpp"
#include "ops/checks.hpp"
#include "ops/kernel_call.hpp"
#include "ops/pool2d_shape.hpp"

namespace fovea {

namespace {

using kernels::Context;

class AveragePool2dFunction final : public Function {
 public:
  AveragePool2dFunction(const Pool2dGeometry& geometry, bool count_padding, std::int64_t divisor)
      : geometry_(geometry), count_padding_(count_padding), divisor_(divisor) {}
  const char* name() const override { return "average_pool2d"; }
  Attributes attributes() const override {
    Attributes attributes = attributes_of(geometry_);
    attributes.emplace_back("count_padding", count_padding_);
    attributes.emplace_back("divisor", divisor_);
    return attributes;
  }
  std::vector<TensorSpec> infer(std::span<const TensorSpec> in) const override {
    if (divisor_ < 0) throw ShapeError(fmt::format("[average_pool2d] the divisor is positive, or 0 for the cells, found {}", divisor_));
    return {infer_pool2d(name(), in[0], geometry_)};
  }

  std::vector<Tensor> forward(std::span<const Tensor> in, std::span<const TensorSpec> out) override {
    x_shape_ = in[0].shape();
    Tensor y = Tensor::empty(out[0].shape, out[0].dtype);
    dispatch_activation(y.dtype(), name(), [&]<class T>() {
      kernels_for<T>(y).pool2d.average_forward(Context::current(), pool2d_shape(x_shape_, geometry_, count_padding_, divisor_),
                                               in[0].data<T>(), y.mutable_data<T>());
    });
    return {y};
  }

  std::vector<Tensor> backward(std::span<const Tensor> dy) override {
    Tensor dx = Tensor::empty(x_shape_, dy[0].dtype());
    dispatch_activation(dx.dtype(), name(), [&]<class T>() {
      kernels_for<T>(dx).pool2d.average_backward(Context::current(), pool2d_shape(x_shape_, geometry_, count_padding_, divisor_),
                                                 dy[0].data<T>(), dx.mutable_data<T>());
    });
    return {dx};
  }

 private:
  Pool2dGeometry geometry_;
  bool count_padding_;
  std::int64_t divisor_;
  Shape x_shape_;
};

}  // namespace

Variable average_pool2d(const Variable& x, const Pool2dGeometry& geometry, bool count_padding, std::int64_t divisor) {
  return apply_one(std::make_unique<AveragePool2dFunction>(geometry, count_padding, divisor), x);
}

Variable sum_pool2d(const Variable& x, const Pool2dGeometry& geometry) { return average_pool2d(x, geometry, true, 1); }

Variable global_average_pool2d(const Variable& x) {
  check_rank("global_average_pool2d", "input", x.value().spec(), 4, "[N,H,W,C]");
  const Extent2 image{x.extent(1), x.extent(2)};
  if (image.height < 1 || image.width < 1)
    throw ShapeError("[global_average_pool2d] the images have no pixels: shape " + x.shape().to_string());
  return reshape(average_pool2d(x, {.window = image, .stride = image}), {x.extent(0), x.extent(3)});
}

}  // namespace fovea
