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
                          const WeightOf<T>* gamma, const WeightOf<T>* beta, T* y) {
  for (std::int64_t row = 0; row < s.rows; ++row)
    for (std::int64_t c = 0; c < s.channels; ++c) {
      const std::int64_t i = row * s.channels + c;
      y[i] = static_cast<T>((x[i] - mean[c]) * inverse_deviation[c] * gamma[c] + beta[c]);
    }
}

/// dgamma = sum of dy * normalised x, dbeta = sum of dy.
template <class T>
void batch_norm_parameter_gradients(const BatchNormShape& s, const T* x, const T* dy, const WeightOf<T>* mean,
                                    const WeightOf<T>* inverse_deviation, WeightOf<T>* dgamma, WeightOf<T>* dbeta) {
  for (std::int64_t c = 0; c < s.channels; ++c) {
    double sum = 0, product_sum = 0;
    for (std::int64_t row = 0; row < s.rows; ++row) {
      const std::int64_t i = row * s.channels + c;
      const double normalized = (static_cast<double>(x[i]) - mean[c]) * inverse_deviation[c];
      sum += dy[i];
      product_sum += dy[i] * normalized;
    }
    dbeta[c] = static_cast<WeightOf<T>>(sum);
    dgamma[c] = static_cast<WeightOf<T>>(product_sum);
  }
}

/// dx = gamma * inverse_deviation * (dy - dbeta / rows - normalised x * dgamma / rows): Ioffe and Szegedy 2015, section 3, with the
/// gradients of mean and variance put in.
template <class T>
void batch_norm_backward(Context&, const BatchNormShape& s, const T* x, const T* dy, const WeightOf<T>* mean,
                         const WeightOf<T>* inverse_deviation, const WeightOf<T>* gamma, T* dx, WeightOf<T>* dgamma, WeightOf<T>* dbeta,
                         void*) {
  batch_norm_parameter_gradients(s, x, dy, mean, inverse_deviation, dgamma, dbeta);
  const auto rows = static_cast<WeightOf<T>>(s.rows);
  for (std::int64_t row = 0; row < s.rows; ++row)
    for (std::int64_t c = 0; c < s.channels; ++c) {
      const std::int64_t i = row * s.channels + c;
      const WeightOf<T> normalized = (x[i] - mean[c]) * inverse_deviation[c];
      dx[i] = static_cast<T>(gamma[c] * inverse_deviation[c] * (dy[i] - dbeta[c] / rows - normalized * dgamma[c] / rows));
    }
}

template <class T>
void batch_norm_backward_fixed(Context&, const BatchNormShape& s, const T* x, const T* dy, const WeightOf<T>* mean,
                               const WeightOf<T>* inverse_deviation, const WeightOf<T>* gamma, T* dx, WeightOf<T>* dgamma,
                               WeightOf<T>* dbeta, void*) {
  batch_norm_parameter_gradients(s, x, dy, mean, inverse_deviation, dgamma, dbeta);
  for (std::int64_t row = 0; row < s.rows; ++row)
    for (std::int64_t c = 0; c < s.channels; ++c) {
      const std::int64_t i = row * s.channels + c;
      dx[i] = static_cast<T>(dy[i] * gamma[c] * inverse_deviation[c]);
    }
}

}  // namespace fovea::kernels::reference
