// Sums in a fixed order: the same bits for any number of threads.
#pragma once

#include <cstddef>
#include <cstdint>

#include "fovea/kernels/weight.hpp"

namespace fovea::kernels {

class Context;

template <class T>
struct ReduceKernels {
  std::size_t (*sum_workspace_bytes)(std::int64_t count);
  /// *y = sum of x[0..count)
  void (*sum)(Context&, std::int64_t count, const T* x, WeightOf<T>* y, void* workspace);
  std::size_t (*sum_rows_workspace_bytes)(std::int64_t rows, std::int64_t columns);
  /// y[j] = sum over i of x[i * pitch + j], for j < columns. The gradient of a bias.
  void (*sum_rows)(Context&, std::int64_t rows, std::int64_t columns, std::int64_t pitch, const T* x, WeightOf<T>* y, void* workspace);
};

}  // namespace fovea::kernels
