// One pass over dense arrays of equal length. Outputs may be the same array as an input, not overlap it otherwise.
#pragma once

#include <cstdint>

#include "fovea/kernels/weight.hpp"

namespace fovea::kernels {

class Context;

/// Which elements a dropout keeps: element i draws word i%4 of philox4x32(key, {i/4, 0, 0, 0}) (low and high half of i/4 in the first
/// two words) and is kept when the word is >= threshold. The same key gives the same mask again in the backward pass.
struct DropoutMask {
  std::uint32_t key0, key1;
  std::uint32_t threshold;  ///< drop probability * 2^32
};

template <class T>
struct ElementwiseKernels {
  void (*add)(Context&, std::int64_t count, const T* a, const T* b, T* y);
  void (*subtract)(Context&, std::int64_t count, const T* a, const T* b, T* y);
  void (*multiply)(Context&, std::int64_t count, const T* a, const T* b, T* y);
  /// y = alpha * x + beta
  void (*affine)(Context&, std::int64_t count, WeightOf<T> alpha, WeightOf<T> beta, const T* x, T* y);
  /// y = max(x, 0); NaN stays NaN.
  void (*relu)(Context&, std::int64_t count, const T* x, T* y);
  /// dx = y > 0 ? dy : 0, where y is the result of relu.
  void (*relu_backward)(Context&, std::int64_t count, const T* y, const T* dy, T* dx);
  /// y = kept ? scale * x : 0. The backward pass is the same call on dy.
  void (*dropout)(Context&, std::int64_t count, DropoutMask, WeightOf<T> scale, const T* x, T* y);
};

}  // namespace fovea::kernels
