// The nearest of many vectors: exact search, and the vote of the k nearest.
#pragma once

#include <cstdint>
#include <string_view>

#include "fovea/tensor/tensor.hpp"

namespace fovea {

enum class NeighborMetric : std::uint8_t {
  l1,      ///< sum |a - b|
  l2,      ///< sqrt(sum (a - b)^2)
  cosine,  ///< 1 - a.b / (|a| |b|); a vector of zeros is at 1 from everything
};
/// "l1", "l2", "cosine"
const char* name_of(NeighborMetric metric);
/// Throws OptionError listing the known names.
NeighborMetric neighbor_metric_from(std::string_view name);

struct Neighbors {
  Tensor indices;    ///< [N, k] i64, rows of the data, nearest first; of equally near ones the lower first
  Tensor distances;  ///< [N, k] f32
};

/// The `k` rows of `data` [M, D] that are nearest to each row of `queries` [N, D], both f32. Exact: every distance is computed, in blocks,
/// on all threads, with memory for one block. Results do not depend on threads or on what else is asked in one call. Throws ShapeError when
/// the widths differ, OptionError unless 1 <= k <= M.
Neighbors nearest_neighbors(const Tensor& queries, const Tensor& data, std::int64_t k, NeighborMetric metric = NeighborMetric::l2);

}  // namespace fovea
