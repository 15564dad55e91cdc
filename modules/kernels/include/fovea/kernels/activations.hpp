// Smooth and piecewise linear activations: one pass over dense arrays. Outputs may be the same array as an input, not overlap it otherwise.
#pragma once

#include <cstddef>
#include <cstdint>

#include "fovea/kernels/weight.hpp"

namespace fovea::kernels {

class Context;

/// Functions of one element; sigma(x) = 1 / (1 + exp(-x)), Phi is the normal distribution. NaN stays NaN.
enum class ActivationKind : std::uint8_t {
  sigmoid,       ///< sigma(x)
  tanh,          ///< tanh(x)
  leaky_relu,    ///< x > 0 ? x : alpha x, alpha >= 0 (Maas et al. 2013)
  relu6,         ///< min(max(x, 0), 6) (Howard et al. 2017)
  elu,           ///< scale * (x > 0 ? x : alpha (exp(x) - 1)) (Clevert et al. 2016; with a scale Klambauer et al. 2017)
  softplus,      ///< log(1 + exp(alpha x)) / alpha, alpha > 0
  silu,          ///< x sigma(x) (Elfwing et al. 2017)
  mish,          ///< x tanh(log(1 + exp(x))) (Misra 2019)
  hard_sigmoid,  ///< min(max(x / 6 + 1/2, 0), 1) (Howard et al. 2019)
  hard_swish,    ///< x hard_sigmoid(x) (Howard et al. 2019)
  gelu,          ///< x Phi(x) (Hendrycks and Gimpel 2016)
  gelu_tanh,     ///< x (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))) / 2 (the same, section 2)
};

struct ActivationFunction {
  ActivationKind kind;
  double alpha = 1;
  double scale = 1;
};

/// Whether the derivative of f at x is that at y = f(x), so that backward may be given y instead of x.
constexpr bool derivative_follows_from_result(ActivationKind kind) {
  return kind == ActivationKind::leaky_relu || kind == ActivationKind::relu6;
}

template <class T>
struct ActivationKernels {
  /// y = f(x)
  void (*forward)(Context&, const ActivationFunction& f, std::int64_t count, const T* x, T* y);
  /// dx = f'(x) dy; at a kink the derivative of the flatter side.
  void (*backward)(Context&, const ActivationFunction& f, std::int64_t count, const T* x, const T* dy, T* dx);

  /// x [rows, channels] dense: y = x > 0 ? x : slope[c] x (He et al. 2015, equation 1)
  void (*prelu_forward)(Context&, std::int64_t rows, std::int64_t channels, const T* x, const WeightOf<T>* slope, T* y);
  std::size_t (*prelu_workspace_bytes)(std::int64_t rows, std::int64_t channels);
  /// dx = x > 0 ? dy : slope[c] dy, and dslope[c] = sum of x dy over the rows with x <= 0. Both overwritten.
  void (*prelu_backward)(Context&, std::int64_t rows, std::int64_t channels, const T* x, const WeightOf<T>* slope, const T* dy, T* dx,
                         WeightOf<T>* dslope, void* workspace);

  /// x [rows, 2 channels] dense, whose rows are a and then b: y [rows, channels] = a sigma(b) (Dauphin et al. 2017). y is not x.
  void (*glu_forward)(Context&, std::int64_t rows, std::int64_t channels, const T* x, T* y);
  /// da = sigma(b) dy, db = a sigma'(b) dy in dx [rows, 2 channels]
  void (*glu_backward)(Context&, std::int64_t rows, std::int64_t channels, const T* x, const T* dy, T* dx);
};

}  // namespace fovea::kernels
