#include "fovea/autograd/ops/relu.hpp"

#include "fovea/autograd/function.hpp"
#include "ops/checks.hpp"
#include "ops/kernel_call.hpp"
#include "ops/memory_reuse.hpp"

namespace fovea {

namespace {

using kernels::Context;

class Relu final : public Function {
 public:
  explicit Relu(bool in_place) : in_place_(in_place) {}
  const char* name() const override { return "relu"; }
  std::vector<TensorSpec> infer(std::span<const TensorSpec> inputs) const override {
    check_activation(name(), inputs[0]);
    return {inputs[0]};
  }
  std::vector<Tensor> forward(std::span<const Tensor> in, std::span<const TensorSpec> out) override {
    Tensor y = in_place_ ? in[0] : Tensor::empty(out[0].shape, out[0].dtype);
    dispatch_activation(y.dtype(), name(), [&]<class T>() {
      kernels_for<T>(y).elementwise.relu(Context::current(), y.numel(), in[0].data<T>(), y.mutable_data<T>());
    });
    if (in_place_) y.storage().bump_version(name());
    if (records()) y_ = SavedTensor(y);
    return {y};
  }
  std::vector<Tensor> backward(std::span<const Tensor> dy) override {
    const Tensor& y = y_.get(name());
    Tensor dx = gradient_like(dy[0]);
    dispatch_activation(y.dtype(), name(), [&]<class T>() {
      kernels_for<T>(y).elementwise.relu_backward(Context::current(), y.numel(), y.data<T>(), dy[0].data<T>(), dx.mutable_data<T>());
    });
    return {dx};
  }

 private:
  bool in_place_;
  SavedTensor y_;
};

}  // namespace

Variable relu(Variable x) {
  auto function = std::make_unique<Relu>(is_last_use(x));
  return apply_one(std::move(function), x);
}

}  // namespace fovea
