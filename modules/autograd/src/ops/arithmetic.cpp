#include "fovea/autograd/ops/arithmetic.hpp"

#include "fovea/autograd/function.hpp"
#include "fovea/autograd/ops/broadcast.hpp"
#include "ops/broadcast.hpp"
#include "ops/checks.hpp"
#include "ops/kernel_call.hpp"
#include "ops/memory_reuse.hpp"

namespace fovea {

namespace {

using kernels::Context;
using kernels::WeightOf;

/// alpha x + beta in `y`, which may be x.
Tensor affine_of(const Tensor& x, double alpha, double beta, Tensor y) {
  dispatch_activation(x.dtype(), "affine", [&]<class T>() {
    kernels_for<T>(x).elementwise.affine(Context::current(), x.numel(), static_cast<WeightOf<T>>(alpha), static_cast<WeightOf<T>>(beta),
                                         x.data<T>(), y.mutable_data<T>());
  });
  return y;
}

Tensor product_of(const Tensor& a, const Tensor& b) {
  Tensor y = Tensor::empty(a.shape(), a.dtype());
  dispatch_activation(a.dtype(), "multiply", [&]<class T>() {
    kernels_for<T>(a).elementwise.multiply(Context::current(), a.numel(), a.data<T>(), b.data<T>(), y.mutable_data<T>());
  });
  return y;
}

/// Two inputs of one kind, one output of the same.
class BinaryFunction : public Function {
 public:
  std::vector<TensorSpec> infer(std::span<const TensorSpec> inputs) const override {
    check_activation(name(), inputs[0]);
    check_same_dtype(name(), "the second input", inputs[1], inputs[0]);
    check_shape(name(), "the second input", inputs[1], inputs[0].shape);
    return {inputs[0]};
  }
};

class Add final : public BinaryFunction {
 public:
  /// `reused`: the input whose memory the sum takes over, or -1.
  explicit Add(int reused) : reused_(reused) {}
  const char* name() const override { return "add"; }
  std::vector<Tensor> forward(std::span<const Tensor> in, std::span<const TensorSpec> out) override {
    Tensor y = reused_ < 0 ? Tensor::empty(out[0].shape, out[0].dtype) : in[static_cast<std::size_t>(reused_)];
    dispatch_activation(y.dtype(), name(), [&]<class T>() {
      kernels_for<T>(y).elementwise.add(Context::current(), y.numel(), in[0].data<T>(), in[1].data<T>(), y.mutable_data<T>());
    });
    if (reused_ >= 0) y.storage().bump_version(name());
    return {y};
  }
  std::vector<Tensor> backward(std::span<const Tensor> dy) override { return {dy[0], dy[0]}; }

 private:
  int reused_;
};

class Subtract final : public BinaryFunction {
 public:
  const char* name() const override { return "subtract"; }
  std::vector<Tensor> forward(std::span<const Tensor> in, std::span<const TensorSpec> out) override {
    Tensor y = Tensor::empty(out[0].shape, out[0].dtype);
    dispatch_activation(y.dtype(), name(), [&]<class T>() {
      kernels_for<T>(y).elementwise.subtract(Context::current(), y.numel(), in[0].data<T>(), in[1].data<T>(), y.mutable_data<T>());
    });
    return {y};
  }
  std::vector<Tensor> backward(std::span<const Tensor> dy) override {
    return {dy[0], needs_gradient(1) ? affine_of(dy[0], -1, 0, Tensor::empty(dy[0].shape(), dy[0].dtype())) : Tensor{}};
  }
};

class Multiply final : public BinaryFunction {
 public:
  const char* name() const override { return "multiply"; }
  std::vector<Tensor> forward(std::span<const Tensor> in, std::span<const TensorSpec>) override {
    if (needs_gradient(1)) a_ = SavedTensor(in[0]);
    if (needs_gradient(0)) b_ = SavedTensor(in[1]);
    return {product_of(in[0], in[1])};
  }
  std::vector<Tensor> backward(std::span<const Tensor> dy) override {
    return {needs_gradient(0) ? product_of(dy[0], b_.get(name())) : Tensor{},
            needs_gradient(1) ? product_of(dy[0], a_.get(name())) : Tensor{}};
  }

 private:
  SavedTensor a_, b_;
};

class Affine final : public Function {
 public:
  Affine(double alpha, double beta) : alpha_(alpha), beta_(beta) {}
  const char* name() const override { return "affine"; }
  Attributes attributes() const override { return {{"alpha", alpha_}, {"beta", beta_}}; }
  std::vector<TensorSpec> infer(std::span<const TensorSpec> inputs) const override {
    check_activation(name(), inputs[0]);
    return {inputs[0]};
  }
  std::vector<Tensor> forward(std::span<const Tensor> in, std::span<const TensorSpec>) override {
    return {affine_of(in[0], alpha_, beta_, Tensor::empty(in[0].shape(), in[0].dtype()))};
  }
  std::vector<Tensor> backward(std::span<const Tensor> dy) override { return {affine_of(dy[0], alpha_, 0, gradient_like(dy[0]))}; }

 private:
  double alpha_, beta_;
};

}  // namespace

namespace {

/// Calls repeat(x, b) when b broadcasts to x by one repetition or the other way round, and same(a, b) with both repeated otherwise; same(a,
/// b) refuses what does not fit.
template <class Repeat, class Same>
Variable broadcast(const Variable& a, const Variable& b, Repeat repeat, Same same) {
  const std::optional<Shape> shape = broadcast_shape(a.shape(), b.shape());
  if (!shape) return same(a, b);
  if (*shape == a.shape() && as_one_repetition(a.shape(), b.shape())) return repeat(a, b);
  if (*shape == b.shape() && as_one_repetition(b.shape(), a.shape())) return repeat(b, a);
  return same(broadcast_to(a, *shape), broadcast_to(b, *shape));
}

bool differ(const Variable& a, const Variable& b) { return a.defined() && b.defined() && a.shape() != b.shape(); }

Variable add_same(const Variable& a, const Variable& b) { return apply_one(std::make_unique<Add>(-1), a, b); }
Variable multiply_same(const Variable& a, const Variable& b) { return apply_one(std::make_unique<Multiply>(), a, b); }

}  // namespace

Variable add(Variable a, Variable b) {
  if (differ(a, b)) return broadcast(a, b, add_repeated, add_same);
  auto function = std::make_unique<Add>(is_last_use(a) ? 0 : is_last_use(b) ? 1 : -1);
  return apply_one(std::move(function), a, b);
}
Variable subtract(const Variable& a, const Variable& b) {
  if (differ(a, b) && broadcast_shape(a.shape(), b.shape())) return add(a, affine(b, -1));
  return apply_one(std::make_unique<Subtract>(), a, b);
}
Variable multiply(const Variable& a, const Variable& b) {
  return differ(a, b) ? broadcast(a, b, multiply_repeated, multiply_same) : multiply_same(a, b);
}
Variable affine(const Variable& x, double alpha, double beta) { return apply_one(std::make_unique<Affine>(alpha, beta), x); }

}  // namespace fovea
