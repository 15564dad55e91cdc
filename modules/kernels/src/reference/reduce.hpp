// Sums, taken in double from first to last and rounded once.
#pragma once

#include <cstddef>
#include <cstdint>

#include "fovea/kernels/reduce.hpp"

namespace fovea::kernels::reference {

inline std::size_t sum_workspace_bytes(std::int64_t) { return 0; }

template <class T>
void sum(Context&, std::int64_t count, const T* x, WeightOf<T>* y, void*) {
  double total = 0;
  for (std::int64_t i = 0; i < count; ++i) total += x[i];
  *y = static_cast<WeightOf<T>>(total);
}

inline std::size_t sum_rows_workspace_bytes(std::int64_t, std::int64_t) { return 0; }

template <class T>
void sum_rows(Context&, std::int64_t rows, std::int64_t columns, std::int64_t pitch, const T* x, WeightOf<T>* y, void*) {
  for (std::int64_t j = 0; j < columns; ++j) {
    double total = 0;
    for (std::int64_t i = 0; i < rows; ++i) total += x[i * pitch + j];
    y[j] = static_cast<WeightOf<T>>(total);
  }
}

}  // namespace fovea::kernels::reference
