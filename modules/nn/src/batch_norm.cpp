#include "fovea/nn/batch_norm.hpp"

#include <fmt/format.h>

#include <cmath>

#include "fovea/base/error.hpp"
#include "fovea/tensor/dispatch.hpp"

namespace fovea {

BatchNorm2d::BatchNorm2d(std::int64_t channels, const BatchNormOptions& options) : options_(options) {
  if (channels < 1) throw OptionError(fmt::format("[batch_norm] at least one channel, found {}", channels));
  if (!(options.epsilon > 0) || !std::isfinite(options.epsilon))
    throw OptionError(fmt::format("[batch_norm] epsilon is greater than 0, found {}", options.epsilon));
  if (!(options.momentum >= 0 && options.momentum <= 1))
    throw OptionError(fmt::format("[batch_norm] the momentum is in [0, 1], found {}", options.momentum));
  register_parameter("weight", Tensor::full({channels}, 1), weight);
  register_parameter("bias", Tensor::zeros({channels}), bias);
  register_buffer("running_mean", Tensor::zeros({channels}), running_mean);
  register_buffer("running_var", Tensor::full({channels}, 1), running_var);
  register_buffer("num_batches_tracked", Tensor::zeros({}, DType::i64), num_batches_tracked);
}

Variable BatchNorm2d::forward(const Variable& x) {
  if (options_.relu) return forward_relu(x);
  if (!uses_batch_statistics()) return batch_norm_fixed(x, weight, bias, running_mean, running_var, options_.epsilon);
  const BatchNormResult result = batch_norm(x, weight, bias, options_.epsilon);
  update_running_statistics(result, x.shape().numel() / weight.shape().numel());
  return result.output;
}

Variable BatchNorm2d::forward_activation(const Variable& x, const Variable& residual) {
  if (!uses_batch_statistics()) return batch_norm_activation_fixed(x, weight, bias, running_mean, running_var, residual, options_.epsilon);
  const BatchNormResult result = batch_norm_activation(x, weight, bias, residual, options_.epsilon);
  update_running_statistics(result, x.shape().numel() / weight.shape().numel());
  return result.output;
}

void BatchNorm2d::update_running_statistics(const BatchNormResult& result, std::int64_t rows) {
  const double unbiased = rows > 1 ? static_cast<double>(rows) / static_cast<double>(rows - 1) : 1;
  dispatch_floating(running_mean.dtype(), "batch_norm", [&]<class T>() {
    const auto blend = [&](Tensor& running, const Tensor& batch, double scale) {
      T* values = running.mutable_data<T>();
      for (std::int64_t c = 0; c < running.numel(); ++c)
        values[c] = static_cast<T>((1 - options_.momentum) * values[c] + options_.momentum * scale * batch.data<T>()[c]);
      running.storage().bump_version("batch_norm");
    };
    blend(running_mean, result.mean, 1);
    blend(running_var, result.variance, unbiased);
  });
  ++*num_batches_tracked.mutable_data<std::int64_t>();
}

void BatchNorm2d::reset_parameters(RandomStream&) {
  Tensor(weight.value()).fill_(1);
  Tensor(bias.value()).fill_(0);
  running_mean.fill_(0);
  running_var.fill_(1);
  num_batches_tracked.fill_(0);
}

}  // namespace fovea
