#include "fovea/autograd/ops/sum.hpp"

#include "fovea/autograd/function.hpp"
#include "fovea/autograd/ops/arithmetic.hpp"
#include "fovea/base/error.hpp"
#include "ops/checks.hpp"
#include "ops/kernel_call.hpp"

namespace fovea {

namespace {

class Sum final : public Function {
 public:
  const char* name() const override { return "sum"; }
  std::vector<TensorSpec> infer(std::span<const TensorSpec> inputs) const override {
    check_activation(name(), inputs[0]);
    return {{Shape{}, weight_type_of(inputs[0].dtype)}};
  }
  std::vector<Tensor> forward(std::span<const Tensor> in, std::span<const TensorSpec> out) override {
    input_ = in[0].spec();
    Tensor y = Tensor::empty(out[0].shape, out[0].dtype);
    dispatch_activation(in[0].dtype(), name(), [&]<class T>() {
      kernels::Context& context = kernels::Context::current();
      const auto& reduce = kernels_for<T>(in[0]).reduce;
      void* workspace = context.workspace(reduce.sum_workspace_bytes(in[0].numel()));
      reduce.sum(context, in[0].numel(), in[0].data<T>(), y.mutable_data<kernels::WeightOf<T>>(), workspace);
    });
    return {y};
  }
  std::vector<Tensor> backward(std::span<const Tensor> dy) override { return {Tensor::full(input_.shape, dy[0].item(), input_.dtype)}; }

 private:
  TensorSpec input_;
};

}  // namespace

Variable sum(const Variable& x) { return apply_one(std::make_unique<Sum>(), x); }

Variable mean(const Variable& x) {
  const std::int64_t count = x.shape().numel();
  if (count == 0) throw ShapeError("[mean] of no elements: shape " + x.shape().to_string());
  return affine(sum(x), 1.0 / static_cast<double>(count));
}

}  // namespace fovea
