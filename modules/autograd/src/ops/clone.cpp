#include "fovea/autograd/ops/clone.hpp"

#include "fovea/autograd/function.hpp"

namespace fovea {

namespace {

class Clone final : public Function {
 public:
  const char* name() const override { return "clone"; }
  std::vector<TensorSpec> infer(std::span<const TensorSpec> inputs) const override { return {inputs[0]}; }
  std::vector<Tensor> forward(std::span<const Tensor> in, std::span<const TensorSpec>) override { return {in[0].clone()}; }
  std::vector<Tensor> backward(std::span<const Tensor> dy) override { return {dy[0]}; }
};

}  // namespace

Variable clone(const Variable& x) { return apply_one(std::make_unique<Clone>(), x); }

}  // namespace fovea
