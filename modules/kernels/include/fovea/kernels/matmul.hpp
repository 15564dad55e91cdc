// Matrix product.
#pragma once

#include <cstddef>
#include <cstdint>

#include "fovea/kernels/activation.hpp"

namespace fovea::kernels {

class Context;

/// y[m,n] = op(a)[m,k] op(b)[k,n], row-major with leading dimensions (elements between rows, as stored).
/// op(a) is a, stored [m,k], or with transpose_a its transpose, stored [k,m]; likewise b.
struct MatmulShape {
  std::int64_t m, n, k;
  bool transpose_a = false, transpose_b = false;
  std::int64_t a_stride, b_stride, y_stride;
};

template <class T>
struct MatmulKernels {
  std::size_t (*workspace_bytes)(const Context&, const MatmulShape&);
  /// The bias has n elements. bf16 operands give f32. k = 0 gives the epilogue of zero.
  void (*forward)(Context&, const MatmulShape&, const T* a, const T* b, const Epilogue<WeightOf<T>>&, WeightOf<T>* y, void* workspace);
};

}  // namespace fovea::kernels
