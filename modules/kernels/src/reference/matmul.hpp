// The matrix product from its formula. Sums run in double and are rounded once, so that the f32 form is an oracle as well.
#pragma once

#include <cstddef>
#include <cstdint>

#include "fovea/kernels/matmul.hpp"

namespace fovea::kernels::reference {

/// Sum, bias and activation, not yet rounded.
template <class T>
double finish(double sum, const Epilogue<T>& epilogue, std::int64_t channel) {
  if (epilogue.bias != nullptr) sum += epilogue.bias[channel];
  if (epilogue.activation == Activation::relu && sum < 0) sum = 0;
  return sum;
}

inline std::size_t matmul_workspace_bytes(const MatmulShape&) { return 0; }

template <class T>
void matmul_forward(Context&, const MatmulShape& shape, const T* a, const T* b, const Epilogue<T>& epilogue, WeightOf<T>* y, void*) {
  for (std::int64_t i = 0; i < shape.m; ++i)
    for (std::int64_t j = 0; j < shape.n; ++j) {
      double sum = 0;
      for (std::int64_t l = 0; l < shape.k; ++l) {
        const T left = shape.transpose_a ? a[l * shape.a_stride + i] : a[i * shape.a_stride + l];
        const T right = shape.transpose_b ? b[j * shape.b_stride + l] : b[l * shape.b_stride + j];
        sum += static_cast<double>(left) * right;
      }
      y[i * shape.y_stride + j] = static_cast<WeightOf<T>>(finish(sum, epilogue, j));
    }
}

}  // namespace fovea::kernels::reference
