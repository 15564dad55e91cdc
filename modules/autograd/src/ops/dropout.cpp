#include "fovea/autograd/ops/dropout.hpp"

#include <fmt/format.h>

#include <cmath>

#include "fovea/autograd/function.hpp"
#include "fovea/base/error.hpp"
#include "ops/checks.hpp"
#include "ops/kernel_call.hpp"
#include "ops/memory_reuse.hpp"

namespace fovea {

namespace {

class Dropout final : public Function {
 public:
  Dropout(double probability, kernels::DropoutMask mask) : probability_(probability), mask_(mask) {}
  const char* name() const override { return "dropout"; }
  Attributes attributes() const override { return {{"probability", probability_}}; }
  std::vector<TensorSpec> infer(std::span<const TensorSpec> inputs) const override {
    check_activation(name(), inputs[0]);
    return {inputs[0]};
  }
  std::vector<Tensor> forward(std::span<const Tensor> in, std::span<const TensorSpec>) override {
    return {masked(in[0], Tensor::empty(in[0].shape(), in[0].dtype()))};
  }
  // The same mask again: nothing is saved.
  std::vector<Tensor> backward(std::span<const Tensor> dy) override { return {masked(dy[0], gradient_like(dy[0]))}; }

 private:
  /// In `y`, which may be x.
  Tensor masked(const Tensor& x, Tensor y) const {
    dispatch_activation(x.dtype(), name(), [&]<class T>() {
      kernels_for<T>(x).elementwise.dropout(kernels::Context::current(), x.numel(), mask_,
                                            static_cast<kernels::WeightOf<T>>(1 / (1 - probability_)), x.data<T>(), y.mutable_data<T>());
    });
    return y;
  }

  double probability_;
  kernels::DropoutMask mask_;
};

}  // namespace

Variable dropout(const Variable& x, double probability, RandomStream& stream) {
  if (!(probability >= 0 && probability < 1))
    throw OptionError(fmt::format("[dropout] the probability is in [0, 1), found {}", probability));
  if (probability == 0) return x;
  const std::uint32_t key0 = stream.next_u32(), key1 = stream.next_u32();
  const auto threshold = static_cast<std::uint32_t>(std::floor(probability * 0x1p32));
  return apply_one(std::make_unique<Dropout>(probability, kernels::DropoutMask{key0, key1, threshold}), x);
}

}  // namespace fovea
