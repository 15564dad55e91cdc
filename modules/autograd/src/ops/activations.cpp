#include "fovea/autograd/ops/activations.hpp"

#include <fmt/format.h>

#include <cmath>

#include "fovea/autograd/function.hpp"
#include "fovea/base/error.hpp"
#include "ops/checks.hpp"
#include "ops/kernel_call.hpp"
#include "ops/memory_reuse.hpp"

namespace fovea {

namespace {

using kernels::ActivationFunction, kernels::ActivationKind;
using kernels::Context;

class ActivationOp final : public Function {
 public:
  ActivationOp(const char* name, ActivationFunction function, Attributes attributes, bool last_use)
      : name_(name), function_(function), attributes_(std::move(attributes)), last_use_(last_use) {}
  const char* name() const override { return name_; }
  Attributes attributes() const override { return attributes_; }

  std::vector<TensorSpec> infer(std::span<const TensorSpec> inputs) const override {
    check_activation(name(), inputs[0]);
    return {inputs[0]};
  }

  std::vector<Tensor> forward(std::span<const Tensor> in, std::span<const TensorSpec> out) override {
    const bool in_place = last_use_ && (!records() || kernels::derivative_follows_from_result(function_.kind));
    Tensor y = in_place ? in[0] : Tensor::empty(out[0].shape, out[0].dtype);
    dispatch_activation(y.dtype(), name(), [&]<class T>() {
      kernels_for<T>(y).activation.forward(Context::current(), function_, y.numel(), in[0].data<T>(), y.mutable_data<T>());
    });
    if (in_place) y.storage().bump_version(name());
    // The result where it will do: the next operation often keeps it too.
    if (records()) kept_ = SavedTensor(kernels::derivative_follows_from_result(function_.kind) ? y : in[0]);
    return {y};
  }

  std::vector<Tensor> backward(std::span<const Tensor> dy) override {
    const Tensor& kept = kept_.get(name());
    Tensor dx = gradient_like(dy[0]);
    dispatch_activation(kept.dtype(), name(), [&]<class T>() {
      kernels_for<T>(kept).activation.backward(Context::current(), function_, kept.numel(), kept.data<T>(), dy[0].data<T>(),
                                               dx.mutable_data<T>());
    });
    return {dx};
  }

 private:
  const char* name_;
  ActivationFunction function_;
  Attributes attributes_;
  bool last_use_;
  SavedTensor kept_;
};

Variable activate(const char* name, Variable& x, ActivationFunction function, Attributes attributes = {}) {
  return apply_one(std::make_unique<ActivationOp>(name, function, std::move(attributes), is_last_use(x)), x);
}

}  // namespace

Variable sigmoid(Variable x) { return activate("sigmoid", x, {ActivationKind::sigmoid}); }

Variable tanh(Variable x) { return activate("tanh", x, {ActivationKind::tanh}); }

Variable leaky_relu(Variable x, double slope) {
  if (!(slope >= 0) || !std::isfinite(slope)) throw OptionError(fmt::format("[leaky_relu] the slope is at least 0, found {}", slope));
  return activate("leaky_relu", x, {ActivationKind::leaky_relu, slope}, {{"slope", slope}});
}

Variable relu6(Variable x) { return activate("relu6", x, {ActivationKind::relu6}); }

Variable elu(Variable x, double alpha) {
  if (!(alpha > 0) || !std::isfinite(alpha)) throw OptionError(fmt::format("[elu] alpha is greater than 0, found {}", alpha));
  return activate("elu", x, {ActivationKind::elu, alpha}, {{"alpha", alpha}});
}

Variable selu(Variable x) {
  // The fixed point of mean 0 and variance 1, Klambauer et al. 2017, equation 14, to double precision.
  constexpr double kAlpha = 1.6732632423543772, kScale = 1.0507009873554805;
  return activate("selu", x, {ActivationKind::elu, kAlpha, kScale});
}

Variable softplus(Variable x, double beta) {
  if (!(beta > 0) || !std::isfinite(beta)) throw OptionError(fmt::format("[softplus] beta is greater than 0, found {}", beta));
  return activate("softplus", x, {ActivationKind::softplus, beta}, {{"beta", beta}});
}

Variable silu(Variable x) { return activate("silu", x, {ActivationKind::silu}); }

Variable mish(Variable x) { return activate("mish", x, {ActivationKind::mish}); }

Variable hard_sigmoid(Variable x) { return activate("hard_sigmoid", x, {ActivationKind::hard_sigmoid}); }

Variable hard_swish(Variable x) { return activate("hard_swish", x, {ActivationKind::hard_swish}); }

Variable gelu(Variable x, GeluForm form) {
  const bool exact = form == GeluForm::erf;
  return activate("gelu", x, {exact ? ActivationKind::gelu : ActivationKind::gelu_tanh}, {{"form", std::string(exact ? "erf" : "tanh")}});
}

}  // namespace fovea
