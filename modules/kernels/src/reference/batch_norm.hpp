// Batch normalisation: one channel at a time. Sums are taken in double, so that the f32 results are rounded once.
#pragma once

#include <cstddef>
#include <cstdint>

#include "fovea/kernels/batch_norm.hpp"

namespace fovea::kernels::reference {

inline std::size_t batch_norm_workspace_bytes(const BatchNormShape&) { return 0; }

template <class T>
void batch_norm_statistics(Context&, const BatchNormShape& s, const T* x, WeightOf<T>* mean, WeightOf<T>* variance, void*) {
  for (std::int64_t c = 0; c < s.channels; ++c) {
    double sum = 0;
    for (std::int64_t row = 0; row < s.rows; ++row) sum += x[row * s.channels + c];
    const double centre = sum / static_cast<double>(s.rows);
    double squares = 0;
    for (std::int64_t row = 0; row < s.rows; ++row) {
      const double deviation = x[row * s.channels + c] - centre;
      squares += deviation * deviation;
    }
    mean[c] = static_cast<WeightOf<T>>(centre);
    variance[c] = static_cast<WeightOf<T>>(squares / static_cast<double>(s.rows));
  }
}

template <class T>
void batch_norm_normalize(Context&, const BatchNormShape& s, const T* x, const WeightOf<T>* mean, const WeightOf<T>* inverse_deviation,
                          const WeightOf<T>* gamma, const WeightOf<T>* beta, const T* residual, Activation activation, T* y) {
  for (std::int64_t row = 0; row < s.rows; ++row)
    for (std::int64_t c = 0; c < s.channels; ++c) {
      const std::int64_t i = row * s.channels + c;
      WeightOf<T> value = (x[i] - mean[c]) * inverse_deviation[c] * gamma[c] + beta[c];
      if (residual != nullptr) value += residual[i];
      if (activation == Activation::relu && value < 0) value = 0;
      y[i] = static_cast<T>(value);
    }
}

/// What the activation lets through of dy[row, c].
template <class T>
struct BatchNormGradient {
  const BatchNormShape& shape;
  const T* x;
  BatchNormMask<T> mask;
  const T* dy;
  const WeightOf<T>*mean, *inverse_deviation, *gamma;

  WeightOf<T> operator()(std::int64_t row, std::int64_t c) const {
    const std::int64_t i = row * shape.channels + c;
    bool passes = true;
    if (mask.y != nullptr) passes = mask.y[i] > 0;
    if (mask.beta != nullptr) passes = (x[i] - mean[c]) * inverse_deviation[c] * gamma[c] + mask.beta[c] > 0;
    return passes ? static_cast<WeightOf<T>>(dy[i]) : WeightOf<T>{0};
  }
};

/// dgamma = sum of dy * normalised x, dbeta = sum of dy, dresidual = dy.
template <class T>
void batch_norm_parameter_gradients(const BatchNormGradient<T>& gradient_at, T* dresidual, WeightOf<T>* dgamma, WeightOf<T>* dbeta) {
  const auto& [s, x, mask, dy, mean, inverse_deviation, gamma] = gradient_at;
  for (std::int64_t c = 0; c < s.channels; ++c) {
    double sum = 0, product_sum = 0;
    for (std::int64_t row = 0; row < s.rows; ++row) {
      const std::int64_t i = row * s.channels + c;
      const double normalized = (static_cast<double>(x[i]) - mean[c]) * inverse_deviation[c], gradient = gradient_at(row, c);
      sum += gradient;
      product_sum += gradient * normalized;
      if (dresidual != nullptr) dresidual[i] = static_cast<T>(gradient);
    }
    dbeta[c] = static_cast<WeightOf<T>>(sum);
    dgamma[c] = static_cast<WeightOf<T>>(product_sum);
  }
}

/// dx = gamma * inverse_deviation * (dy - dbeta / rows - normalised x * dgamma / rows): Ioffe and Szegedy 2015, section 3, with the
/// gradients of mean and variance put in.
template <class T>
void batch_norm_backward(Context&, const BatchNormShape& s, const T* x, BatchNormMask<T> mask, const T* dy, const WeightOf<T>* mean,
                         const WeightOf<T>* inverse_deviation, const WeightOf<T>* gamma, T* dx, T* dresidual, WeightOf<T>* dgamma,
                         WeightOf<T>* dbeta, void*) {
  const BatchNormGradient<T> gradient_at{s, x, mask, dy, mean, inverse_deviation, gamma};
  batch_norm_parameter_gradients(gradient_at, dresidual, dgamma, dbeta);
  const auto rows = static_cast<WeightOf<T>>(s.rows);
  for (std::int64_t row = 0; row < s.rows; ++row)
    for (std::int64_t c = 0; c < s.channels; ++c) {
      const std::int64_t i = row * s.channels + c;
      const WeightOf<T> normalized = (x[i] - mean[c]) * inverse_deviation[c], gradient = gradient_at(row, c);
      dx[i] = static_cast<T>(gamma[c] * inverse_deviation[c] * (gradient - dbeta[c] / rows - normalized * dgamma[c] / rows));
    }
}

template <class T>
void batch_norm_backward_fixed(Context&, const BatchNormShape& s, const T* x, BatchNormMask<T> mask, const T* dy, const WeightOf<T>* mean,
                               const WeightOf<T>* inverse_deviation, const WeightOf<T>* gamma, T* dx, T* dresidual, WeightOf<T>* dgamma,
                               WeightOf<T>* dbeta, void*) {
  const BatchNormGradient<T> gradient_at{s, x, mask, dy, mean, inverse_deviation, gamma};
  batch_norm_parameter_gradients(gradient_at, dresidual, dgamma, dbeta);
  for (std::int64_t row = 0; row < s.rows; ++row)
    for (std::int64_t c = 0; c < s.channels; ++c) {
      const std::int64_t i = row * s.channels + c;
      dx[i] = static_cast<T>(gradient_at(row, c) * gamma[c] * inverse_deviation[c]);
    }
}

}  // namespace fovea::kernels::reference
