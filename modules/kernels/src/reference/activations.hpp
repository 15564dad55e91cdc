// Activations, one element at a time, in double.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numbers>

#include "fovea/kernels/activations.hpp"

namespace fovea::kernels::reference {

inline double logistic(double x) { return 1 / (1 + std::exp(-x)); }
inline double normal_distribution(double x) { return std::erfc(-x / std::numbers::sqrt2) / 2; }
inline double normal_density(double x) { return std::exp(-x * x / 2) / std::sqrt(2 * std::numbers::pi); }

/// log(1 + exp(x)) that does not overflow.
inline double log_one_plus_exp(double x) { return std::max(x, 0.0) + std::log1p(std::exp(-std::abs(x))); }

// (1 + tanh(z / 2)) / 2 = logistic(z), without the cancellation: the tanh form of GELU is x logistic(z). And the derivative of z.
inline double gelu_argument(double x) { return std::sqrt(8 / std::numbers::pi) * (x + 0.044715 * x * x * x); }
inline double gelu_argument_slope(double x) { return std::sqrt(8 / std::numbers::pi) * (1 + 3 * 0.044715 * x * x); }

inline double activation_value(const ActivationFunction& f, double x) {
  if (std::isnan(x)) return x;
  switch (f.kind) {
    case ActivationKind::sigmoid:
      return logistic(x);
    case ActivationKind::tanh:
      return std::tanh(x);
    case ActivationKind::leaky_relu:
      return x > 0 ? x : f.alpha * x;
    case ActivationKind::relu6:
      return std::min(std::max(x, 0.0), 6.0);
    case ActivationKind::elu:
      return f.scale * (x > 0 ? x : f.alpha * std::expm1(x));
    case ActivationKind::softplus:
      return log_one_plus_exp(f.alpha * x) / f.alpha;
    case ActivationKind::silu:
      return x * logistic(x);
    case ActivationKind::mish:
      return x * std::tanh(log_one_plus_exp(x));
    case ActivationKind::hard_sigmoid:
      return std::min(std::max(x / 6 + 0.5, 0.0), 1.0);
    case ActivationKind::hard_swish:
      return x * std::min(std::max(x / 6 + 0.5, 0.0), 1.0);
    case ActivationKind::gelu:
      return x * normal_distribution(x);
    case ActivationKind::gelu_tanh:
      return x * logistic(gelu_argument(x));
  }
  return x;
}

inline double activation_slope(const ActivationFunction& f, double x) {
  switch (f.kind) {
    case ActivationKind::sigmoid:
      return logistic(x) * logistic(-x);
    case ActivationKind::tanh:
      return 1 - std::tanh(x) * std::tanh(x);
    case ActivationKind::leaky_relu:
      return x > 0 ? 1 : f.alpha;
    case ActivationKind::relu6:
      return x > 0 && x < 6 ? 1 : 0;
    case ActivationKind::elu:
      return f.scale * (x > 0 ? 1 : f.alpha * std::exp(x));
    case ActivationKind::softplus:
      return logistic(f.alpha * x);
    case ActivationKind::silu:
      return logistic(x) * (1 + x * logistic(-x));
    case ActivationKind::mish: {
      const double t = std::tanh(log_one_plus_exp(x));
      return t + x * (1 - t * t) * logistic(x);
    }
    case ActivationKind::hard_sigmoid:
      return std::abs(x) < 3 ? 1.0 / 6 : 0;
    case ActivationKind::hard_swish:
      return std::abs(x) < 3 ? x / 3 + 0.5 : x > 0 ? 1 : 0;
    case ActivationKind::gelu:
      return normal_distribution(x) + x * normal_density(x);
    case ActivationKind::gelu_tanh: {
      const double z = gelu_argument(x);
      return logistic(z) * (1 + x * logistic(-z) * gelu_argument_slope(x));
    }
  }
  return 1;
}

template <class T>
void activation_forward(Context&, const ActivationFunction& f, std::int64_t count, const T* x, T* y) {
  for (std::int64_t i = 0; i < count; ++i) y[i] = static_cast<T>(activation_value(f, static_cast<double>(x[i])));
}

template <class T>
void activation_backward(Context&, const ActivationFunction& f, std::int64_t count, const T* x, const T* dy, T* dx) {
  for (std::int64_t i = 0; i < count; ++i)
    dx[i] = static_cast<T>(activation_slope(f, static_cast<double>(x[i])) * static_cast<double>(dy[i]));
}

template <class T>
void prelu_forward(Context&, std::int64_t rows, std::int64_t channels, const T* x, const WeightOf<T>* slope, T* y) {
  for (std::int64_t i = 0; i < rows * channels; ++i) y[i] = x[i] > 0 ? x[i] : static_cast<T>(slope[i % channels] * x[i]);
}

inline std::size_t prelu_workspace_bytes(std::int64_t, std::int64_t) { return 0; }

template <class T>
void prelu_backward(Context&, std::int64_t rows, std::int64_t channels, const T* x, const WeightOf<T>* slope, const T* dy, T* dx,
                    WeightOf<T>* dslope, void*) {
  for (std::int64_t c = 0; c < channels; ++c) {
    double sum = 0;
    for (std::int64_t i = c; i < rows * channels; i += channels) {
      sum += x[i] > 0 ? 0 : static_cast<double>(x[i]) * static_cast<double>(dy[i]);
      dx[i] = x[i] > 0 ? dy[i] : static_cast<T>(slope[c] * dy[i]);
    }
    dslope[c] = static_cast<WeightOf<T>>(sum);
  }
}

template <class T>
void glu_forward(Context&, std::int64_t rows, std::int64_t channels, const T* x, T* y) {
  for (std::int64_t row = 0; row < rows; ++row)
    for (std::int64_t c = 0; c < channels; ++c) {
      const double a = x[2 * row * channels + c], b = x[(2 * row + 1) * channels + c];
      y[row * channels + c] = static_cast<T>(a * logistic(b));
    }
}

template <class T>
void glu_backward(Context&, std::int64_t rows, std::int64_t channels, const T* x, const T* dy, T* dx) {
  for (std::int64_t row = 0; row < rows; ++row)
    for (std::int64_t c = 0; c < channels; ++c) {
      const std::int64_t first = 2 * row * channels + c, second = first + channels;
      const double a = x[first], b = x[second], gradient = dy[row * channels + c];
      dx[first] = static_cast<T>(logistic(b) * gradient);
      dx[second] = static_cast<T>(a * logistic(b) * logistic(-b) * gradient);
    }
}

}  // namespace fovea::kernels::reference
