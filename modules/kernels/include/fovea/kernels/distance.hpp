// Distances between all rows of two matrices: what nearest-neighbour search and clustering spend their time on.
#pragma once

#include <cstdint>

namespace fovea::kernels {

class Context;

/// Between vectors a and b: sum |a_i - b_i|; sum (a_i - b_i)^2; sum a_i b_i.
enum class RowMetric : std::uint8_t { l1, squared_l2, dot };

/// a [a_rows, width], b [b_rows, width], y [a_rows, b_rows], all dense.
struct DistanceShape {
  std::int64_t a_rows, b_rows, width;
  RowMetric metric;
};

template <class T>
struct DistanceKernels {
  /// y[i, j] = metric(a[i], b[j]). Squared distances come from differences, not from |a|^2 + |b|^2 - 2ab, so that equal rows have distance
  /// 0 exactly. An element depends on its two rows alone: the same bits in any block of any size.
  void (*rows)(Context&, const DistanceShape&, const T* a, const T* b, T* y);
};

}  // namespace fovea::kernels
