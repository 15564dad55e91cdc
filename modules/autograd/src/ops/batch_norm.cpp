#include "fovea/autograd/ops/batch_norm.hpp"

#include <fmt/format.h>

#include <cmath>
#include <memory>

#include "fovea/autograd/function.hpp"
#include "fovea/base/error.hpp"
#include "ops/checks.hpp"
#include "ops/kernel_call.hpp"
#include "ops/memory_reuse.hpp"

namespace fovea {

namespace {

using kernels::Activation;
using kernels::BatchNormShape;
using kernels::Context;

BatchNormShape shape_of(const Shape& x) {
  const std::int64_t channels = x.at(-1);
  return {.rows = channels == 0 ? 0 : x.numel() / channels, .channels = channels};
}

Tensor inverse_deviation(const Tensor& variance, double epsilon) {
  Tensor inverse = Tensor::empty(variance.shape(), variance.dtype());
  dispatch_floating(variance.dtype(), "batch_norm", [&]<class T>() {
    for (std::int64_t c = 0; c < variance.numel(); ++c)
      inverse.mutable_data<T>()[c] = static_cast<T>(1 / std::sqrt(static_cast<double>(variance.data<T>()[c]) + epsilon));
  });
  return inverse;
}

/// What a batch norm without a residual read, and so its result: activation((x - mean) * inverse_deviation * gamma + beta).
class Normalization final : public Recipe {
 public:
  Normalization(Activation activation, const Tensor& x, const Tensor& mean, const Tensor& inverse_deviation, const Tensor& gamma,
                const Tensor& beta)
      : activation_(activation), x_(x), mean_(mean), inverse_deviation_(inverse_deviation), gamma_(gamma), beta_(beta) {}

  Tensor compute() const override {
    const char* const reader = "batch_norm";
    const Tensor& x = x_.get(reader);
    Tensor y = Tensor::empty(x.shape(), x.dtype());
    normalize(activation_, x, mean_.get(reader), inverse_deviation_, gamma_.get(reader), beta_.get(reader), {}, y);
    return y;
  }

  static void normalize(Activation activation, const Tensor& x, const Tensor& mean, const Tensor& inverse_deviation, const Tensor& gamma,
                        const Tensor& beta, const Tensor& residual, Tensor& y) {
    dispatch_activation(x.dtype(), "batch_norm", [&]<class T>() {
      using W = kernels::WeightOf<T>;
      kernels_for<T>(x).batch_norm.normalize(Context::current(), shape_of(x.shape()), x.data<T>(), mean.data<W>(),
                                             inverse_deviation.data<W>(), gamma.data<W>(), beta.data<W>(),
                                             residual.defined() ? residual.data<T>() : nullptr, activation, y.mutable_data<T>());
    });
  }

 private:
  Activation activation_;
  SavedTensor x_, mean_;
  Tensor inverse_deviation_;  // of this operation alone
  SavedTensor gamma_, beta_;
};

/// Inputs x, gamma, beta and perhaps a residual. With `batch_statistics` mean and variance are those of x and take part in the gradient.
/// Without an activation there is no residual.
class BatchNormFunction final : public Function {
 public:
  BatchNormFunction(Activation activation, double epsilon) : activation_(activation), batch_statistics_(true), epsilon_(epsilon) {}
  BatchNormFunction(Activation activation, double epsilon, Tensor mean, Tensor variance)
      : activation_(activation), batch_statistics_(false), epsilon_(epsilon), mean_(std::move(mean)), variance_(std::move(variance)) {}

  const char* name() const override { return activation_ == Activation::relu ? "batch_norm_activation" : "batch_norm"; }
  Attributes attributes() const override {
    Attributes list{{"epsilon", epsilon_}, {"batch_statistics", batch_statistics_}};
    if (activation_ == Activation::relu) list.emplace_back("activation", std::string("relu"));
    return list;
  }

  std::vector<TensorSpec> infer(std::span<const TensorSpec> in) const override {
    check_activation(name(), in[0]);
    if (in[0].shape.rank() < 2)
      throw ShapeError(fmt::format("[{}] input wants at least 2 axes [..., C], found {}", name(), in[0].shape.to_string()));
    const Shape channels{in[0].shape.at(-1)};
    check_weight_dtype(name(), "gamma", in[1], in[0]);
    check_weight_dtype(name(), "beta", in[2], in[0]);
    check_shape(name(), "gamma", in[1], channels);
    check_shape(name(), "beta", in[2], channels);
    if (in.size() > 3) {
      check_same_dtype(name(), "residual", in[3], in[0]);
      check_shape(name(), "residual", in[3], in[0].shape);
    }
    if (batch_statistics_) {
      if (shape_of(in[0].shape).rows == 0 && channels[0] > 0)
        throw ShapeError(fmt::format("[{}] no elements to take statistics of: input {}", name(), in[0].shape.to_string()));
      const TensorSpec statistics{channels, weight_type_of(in[0].dtype)};
      return {in[0], statistics, statistics};
    }
    check_shape(name(), "mean", mean_.spec(), channels);
    check_shape(name(), "variance", variance_.spec(), channels);
    check_weight_dtype(name(), "mean", mean_.spec(), in[0]);
    check_weight_dtype(name(), "variance", variance_.spec(), in[0]);
    return {in[0]};
  }

  std::vector<Tensor> forward(std::span<const Tensor> in, std::span<const TensorSpec> out) override {
    const Tensor& x = in[0];
    const BatchNormShape shape = shape_of(x.shape());
    has_residual_ = in.size() > 3;
    Tensor y = Tensor::empty(out[0].shape, out[0].dtype);
    dispatch_activation(x.dtype(), name(), [&]<class T>() {
      using W = kernels::WeightOf<T>;
      Context& context = Context::current();
      const auto& kernel = kernels_for<T>(x).batch_norm;
      if (batch_statistics_) {
        mean_ = Tensor::empty(out[1].shape, out[1].dtype);
        variance_ = Tensor::empty(out[2].shape, out[2].dtype);
        kernel.statistics(context, shape, x.data<T>(), mean_.mutable_data<W>(), variance_.mutable_data<W>(),
                          context.workspace(kernel.workspace_bytes(shape)));
      }
    });
    inverse_deviation_ = inverse_deviation(variance_, epsilon_);
    Normalization::normalize(activation_, x, mean_, inverse_deviation_, in[1], in[2], has_residual_ ? in[3] : Tensor{}, y);
    if (records()) {
      x_ = SavedTensor(x);
      gamma_ = SavedTensor(in[1]);
      saved_mean_ = SavedTensor(mean_);
      if (has_residual_) y_ = SavedTensor(y);
      if (!has_residual_ && activation_ == Activation::relu) beta_ = SavedTensor(in[2]);
      // Who reads y later, a convolution for instance, need not keep it: x is kept here, and y is one pass over it.
      if (!has_residual_) recipe_ = std::make_shared<Normalization>(activation_, x, mean_, inverse_deviation_, in[1], in[2]);
      if (recipe_ != nullptr) y.storage().set_recipe(recipe_);
    }
    if (batch_statistics_) return {y, mean_, variance_};
    return {y};
  }

  std::vector<Tensor> backward(std::span<const Tensor> dy) override {
    const Tensor &x = x_.get(name()), &y = y_.get(name());
    const Tensor &gamma = gamma_.get(name()), &beta = beta_.get(name());
    const Tensor& mean = saved_mean_.get(name());
    const BatchNormShape shape = shape_of(x.shape());
    Tensor dx = gradient_like(dy[0]);
    Tensor dresidual = has_residual_ && needs_gradient(3) ? Tensor::empty(x.shape(), x.dtype()) : Tensor{};
    Tensor dgamma = Tensor::empty(gamma.shape(), gamma.dtype()), dbeta = Tensor::empty(gamma.shape(), gamma.dtype());
    dispatch_activation(x.dtype(), name(), [&]<class T>() {
      using W = kernels::WeightOf<T>;
      Context& context = Context::current();
      const auto& kernel = kernels_for<T>(x).batch_norm;
      const kernels::BatchNormMask<T> mask{.y = y.defined() ? y.data<T>() : nullptr, .beta = beta.defined() ? beta.data<W>() : nullptr};
      const auto run = batch_statistics_ ? kernel.backward : kernel.backward_fixed;
      run(context, shape, x.data<T>(), mask, dy[0].data<T>(), mean.data<W>(), inverse_deviation_.data<W>(), gamma.data<W>(),
          dx.mutable_data<T>(), dresidual.defined() ? dresidual.mutable_data<T>() : nullptr, dgamma.mutable_data<W>(),
          dbeta.mutable_data<W>(), context.workspace(kernel.workspace_bytes(shape)));
    });
    return has_residual_ ? std::vector{dx, dgamma, dbeta, dresidual} : std::vector{dx, dgamma, dbeta};
  }

 private:
  Activation activation_;
  bool batch_statistics_;
  double epsilon_;
  bool has_residual_ = false;
  Tensor mean_, variance_, inverse_deviation_;
  SavedTensor x_, gamma_, saved_mean_;
  SavedTensor y_, beta_;  // at most one: where the activation let x through
  std::shared_ptr<const Recipe> recipe_;
};

std::vector<Variable> run(std::unique_ptr<BatchNormFunction> function, const Variable& x, const Variable& gamma, const Variable& beta,
                          const Variable& residual) {
  const Variable inputs[] = {x, gamma, beta, residual};
  return fovea::apply(std::move(function), std::span(inputs).first(residual.defined() ? 4 : 3));
}

}  // namespace

BatchNormResult batch_norm(const Variable& x, const Variable& gamma, const Variable& beta, double epsilon) {
  const auto outputs = run(std::make_unique<BatchNormFunction>(Activation::none, epsilon), x, gamma, beta, {});
  return {outputs[0], outputs[1].value(), outputs[2].value()};
}

Variable batch_norm_fixed(const Variable& x, const Variable& gamma, const Variable& beta, const Tensor& mean, const Tensor& variance,
                          double epsilon) {
  return run(std::make_unique<BatchNormFunction>(Activation::none, epsilon, mean, variance), x, gamma, beta, {}).front();
}

BatchNormResult batch_norm_activation(const Variable& x, const Variable& gamma, const Variable& beta, const Variable& residual,
                                      double epsilon) {
  const auto outputs = run(std::make_unique<BatchNormFunction>(Activation::relu, epsilon), x, gamma, beta, residual);
  return {outputs[0], outputs[1].value(), outputs[2].value()};
}

Variable batch_norm_activation_fixed(const Variable& x, const Variable& gamma, const Variable& beta, const Tensor& mean,
                                     const Tensor& variance, const Variable& residual, double epsilon) {
  return run(std::make_unique<BatchNormFunction>(Activation::relu, epsilon, mean, variance), x, gamma, beta, residual).front();
}

}  // namespace fovea
