#include "fovea/autograd/ops/cast.hpp"

#include <fmt/format.h>

#include "fovea/autograd/function.hpp"
#include "fovea/base/error.hpp"
#include "ops/checks.hpp"
#include "ops/convert.hpp"
#include "ops/kernel_call.hpp"

namespace fovea {

Tensor convert(const Tensor& x, DType dtype) {
  if (x.dtype() == dtype) return x;
  Tensor y = Tensor::empty(x.shape(), dtype, x.device());
  dispatch_activation(x.dtype(), "cast", [&]<class From>() {
    dispatch_activation(dtype, "cast", [&]<class To>() {
      if constexpr (!std::is_same_v<From, To>)
        kernels::table(x.device()).conversion.of<From, To>()(kernels::Context::current(), x.numel(), x.data<From>(), y.mutable_data<To>());
    });
  });
  return y;
}

namespace {

class Cast final : public Function {
 public:
  explicit Cast(DType dtype) : dtype_(dtype) {}
  const char* name() const override { return "cast"; }
  Attributes attributes() const override { return {{"dtype", std::string(name_of(dtype_))}}; }
  std::vector<TensorSpec> infer(std::span<const TensorSpec> in) const override {
    check_activation(name(), in[0]);
    if (!is_floating(dtype_)) throw ShapeError(fmt::format("[cast] to f32, f64 or bf16, found {}", name_of(dtype_)));
    return {{in[0].shape, dtype_}};
  }
  std::vector<Tensor> forward(std::span<const Tensor> in, std::span<const TensorSpec>) override {
    input_dtype_ = in[0].dtype();
    return {convert(in[0], dtype_)};
  }
  std::vector<Tensor> backward(std::span<const Tensor> dy) override { return {convert(dy[0], input_dtype_)}; }

 private:
  DType dtype_;
  DType input_dtype_ = DType::f32;
};

}  // namespace

Variable cast(const Variable& x, DType dtype) {
  if (x.defined() && x.dtype() == dtype && is_floating(dtype)) return x;
  return apply_one(std::make_unique<Cast>(dtype), x);
}

}  // namespace fovea
