// Distances between rows, by their definitions.
#pragma once

#include <cmath>
#include <cstdint>

#include "fovea/kernels/distance.hpp"

namespace fovea::kernels::reference {

template <class T>
void row_distances(Context&, const DistanceShape& s, const T* a, const T* b, T* y) {
  for (std::int64_t i = 0; i < s.a_rows; ++i)
    for (std::int64_t j = 0; j < s.b_rows; ++j) {
      double sum = 0;
      for (std::int64_t k = 0; k < s.width; ++k) {
        const double u = a[i * s.width + k], v = b[j * s.width + k];
        sum += s.metric == RowMetric::l1 ? std::abs(u - v) : s.metric == RowMetric::squared_l2 ? (u - v) * (u - v) : u * v;
      }
      y[i * s.b_rows + j] = static_cast<T>(sum);
    }
}

}  // namespace fovea::kernels::reference
