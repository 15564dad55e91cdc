// The matrix product from its formula. Sums run in double and are rounded once, so that the f32 form is an oracle as well.
#pragma once

#include <cstddef>
#include <cstdint>

#include "fovea/kernels/matmul.hpp"

namespace fovea::kernels::reference {

/// The epilogue of one sum, not yet rounded. `index` is the element's place in y, where the residual has its own.
template <class T>
double finish(double sum, const Epilogue<T>& e, std::int64_t channel, std::int64_t index) {
  if (e.scale != nullptr) sum *= e.scale[channel];
  if (e.bias != nullptr) sum += e.bias[channel];
  if (e.residual != nullptr) sum += e.residual[index];
  if (e.activation == Activation::leaky_relu && sum < 0) sum *= static_cast<double>(e.slope);
  if ((e.activation == Activation::relu || e.activation == Activation::relu6) && sum < 0) sum = 0;
  if (e.activation == Activation::relu6 && sum > 6) sum = 6;
  return sum;
}

inline std::size_t matmul_workspace_bytes(const Context&, const MatmulShape&) { return 0; }

template <class T>
void matmul_forward(Context&, const MatmulShape& shape, const T* a, const T* b, const Epilogue<WeightOf<T>>& epilogue, WeightOf<T>* y,
                    void*) {
  for (std::int64_t i = 0; i < shape.m; ++i)
    for (std::int64_t j = 0; j < shape.n; ++j) {
      double sum = 0;
      for (std::int64_t l = 0; l < shape.k; ++l) {
        const T left = shape.transpose_a ? a[l * shape.a_stride + i] : a[i * shape.a_stride + l];
        const T right = shape.transpose_b ? b[j * shape.b_stride + l] : b[l * shape.b_stride + j];
        sum += static_cast<double>(left) * right;
      }
      y[i * shape.y_stride + j] = static_cast<WeightOf<T>>(finish<WeightOf<T>>(sum, epilogue, j, i * shape.y_stride + j));
    }
}

}  // namespace fovea::kernels::reference
