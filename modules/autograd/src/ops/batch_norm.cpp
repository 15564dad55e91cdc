#include "fovea/autograd/ops/batch_norm.hpp"

#include <fmt/format.h>

#include <cmath>

#include "fovea/autograd/function.hpp"
#include "fovea/base/error.hpp"
#include "ops/checks.hpp"
#include "ops/kernel_call.hpp"

namespace fovea {

namespace {

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

/// Inputs x, gamma, beta. With `batch_statistics` mean and variance are those of x and take part in the gradient.
class BatchNormFunction final : public Function {
 public:
  explicit BatchNormFunction(double epsilon) : batch_statistics_(true), epsilon_(epsilon) {}
  BatchNormFunction(double epsilon, Tensor mean, Tensor variance)
      : batch_statistics_(false), epsilon_(epsilon), mean_(std::move(mean)), variance_(std::move(variance)) {}

  const char* name() const override { return "batch_norm"; }
  Attributes attributes() const override { return {{"epsilon", epsilon_}, {"batch_statistics", batch_statistics_}}; }

  std::vector<TensorSpec> infer(std::span<const TensorSpec> in) const override {
    check_activation(name(), in[0]);
    if (in[0].shape.rank() < 2)
      throw ShapeError(fmt::format("[batch_norm] input wants at least 2 axes [..., C], found {}", in[0].shape.to_string()));
    const Shape channels{in[0].shape.at(-1)};
    check_weight_dtype(name(), "gamma", in[1], in[0]);
    check_weight_dtype(name(), "beta", in[2], in[0]);
    check_shape(name(), "gamma", in[1], channels);
    check_shape(name(), "beta", in[2], channels);
    if (batch_statistics_) {
      if (shape_of(in[0].shape).rows == 0 && channels[0] > 0)
        throw ShapeError(fmt::format("[batch_norm] no elements to take statistics of: input {}", in[0].shape.to_string()));
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
      inverse_deviation_ = inverse_deviation(variance_, epsilon_);
      kernel.normalize(context, shape, x.data<T>(), mean_.data<W>(), inverse_deviation_.data<W>(), in[1].data<W>(), in[2].data<W>(),
                       y.mutable_data<T>());
    });
    if (records()) {
      x_ = SavedTensor(x);
      gamma_ = SavedTensor(in[1]);
      saved_mean_ = SavedTensor(mean_);
    }
    if (batch_statistics_) return {y, mean_, variance_};
    return {y};
  }

  std::vector<Tensor> backward(std::span<const Tensor> dy) override {
    const Tensor& x = x_.get(name());
    const Tensor& gamma = gamma_.get(name());
    const Tensor& mean = saved_mean_.get(name());
    const BatchNormShape shape = shape_of(x.shape());
    Tensor dx = Tensor::empty(x.shape(), x.dtype());
    Tensor dgamma = Tensor::empty(gamma.shape(), gamma.dtype()), dbeta = Tensor::empty(gamma.shape(), gamma.dtype());
    dispatch_activation(x.dtype(), name(), [&]<class T>() {
      using W = kernels::WeightOf<T>;
      Context& context = Context::current();
      const auto& kernel = kernels_for<T>(x).batch_norm;
      const auto run = batch_statistics_ ? kernel.backward : kernel.backward_fixed;
      run(context, shape, x.data<T>(), dy[0].data<T>(), mean.data<W>(), inverse_deviation_.data<W>(), gamma.data<W>(), dx.mutable_data<T>(),
          dgamma.mutable_data<W>(), dbeta.mutable_data<W>(), context.workspace(kernel.workspace_bytes(shape)));
    });
    return {dx, dgamma, dbeta};
  }

 private:
  bool batch_statistics_;
  double epsilon_;
  Tensor mean_, variance_, inverse_deviation_;
  SavedTensor x_, gamma_, saved_mean_;
};

}  // namespace

BatchNormResult batch_norm(const Variable& x, const Variable& gamma, const Variable& beta, double epsilon) {
  const Variable inputs[] = {x, gamma, beta};
  const std::vector<Variable> outputs = fovea::apply(std::make_unique<BatchNormFunction>(epsilon), inputs);
  return {outputs[0], outputs[1].value(), outputs[2].value()};
}

Variable batch_norm_fixed(const Variable& x, const Variable& gamma, const Variable& beta, const Tensor& mean, const Tensor& variance,
                          double epsilon) {
  return apply_one(std::make_unique<BatchNormFunction>(epsilon, mean, variance), x, gamma, beta);
}

}  // namespace fovea
