// Batch normalisation (Ioffe and Szegedy 2015, algorithm 1): per-channel statistics over all rows of a [rows, channels] matrix,
// where the rows of an image batch are its pixels.
#pragma once

#include <cstddef>
#include <cstdint>

#include "fovea/kernels/activation.hpp"
#include "fovea/kernels/weight.hpp"

namespace fovea::kernels {

class Context;

struct BatchNormShape {
  std::int64_t rows, channels;
};

/// Where a gradient passes the relu behind a normalisation: everywhere when both are null (no relu); where y > 0, its result; or, without
/// a residual, where normalize(x) with this beta is, so that y need not be kept.
template <class T>
struct BatchNormMask {
  const T* y = nullptr;
  const WeightOf<T>* beta = nullptr;
};

template <class T>
struct BatchNormKernels {
  std::size_t (*workspace_bytes)(const BatchNormShape&);
  /// mean[c] and variance[c] (biased, 1/rows) of x [rows, channels] dense. Partial results are merged in a fixed order. rows >= 1.
  void (*statistics)(Context&, const BatchNormShape&, const T* x, WeightOf<T>* mean, WeightOf<T>* variance, void* workspace);
  /// y = activation((x - mean) * inverse_deviation * gamma + beta + residual); `residual` [rows, channels] or null.
  void (*normalize)(Context&, const BatchNormShape&, const T* x, const WeightOf<T>* mean, const WeightOf<T>* inverse_deviation,
                    const WeightOf<T>* gamma, const WeightOf<T>* beta, const T* residual, Activation activation, T* y);
  /// Gradients through the batch statistics: dx [rows, channels], dgamma[c], dbeta[c], all overwritten. dy counts only where `mask` lets
  /// it pass; `dresidual`, or null, receives what is left of it. dx may be dy.
  void (*backward)(Context&, const BatchNormShape&, const T* x, BatchNormMask<T> mask, const T* dy, const WeightOf<T>* mean,
                   const WeightOf<T>* inverse_deviation, const WeightOf<T>* gamma, T* dx, T* dresidual, WeightOf<T>* dgamma,
                   WeightOf<T>* dbeta, void* workspace);
  /// The same with fixed statistics (evaluation mode): dx = dy * gamma * inverse_deviation.
  void (*backward_fixed)(Context&, const BatchNormShape&, const T* x, BatchNormMask<T> mask, const T* dy, const WeightOf<T>* mean,
                         const WeightOf<T>* inverse_deviation, const WeightOf<T>* gamma, T* dx, T* dresidual, WeightOf<T>* dgamma,
                         WeightOf<T>* dbeta, void* workspace);
};

}  // namespace fovea::kernels
