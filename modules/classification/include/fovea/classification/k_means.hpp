// Clusters of vectors.
#pragma once

#include <cstdint>

#include "fovea/tensor/tensor.hpp"

namespace fovea {

struct KMeansOptions {
  std::int64_t clusters = 8;
  int iterations = 50;  ///< at most; it ends earlier when no vector changes its cluster
  std::uint64_t seed = 1;
};

struct Clusters {
  Tensor centers;     ///< [clusters, D] f32
  Tensor assignment;  ///< [M] i64: the nearest centre of each row
  double inertia;     ///< sum of squared distances to it
  int iterations;     ///< that were run
};

/// Lloyd's algorithm from k-means++ seeds (Lloyd 1982; Arthur and Vassilvitskii 2007) on the rows of `points` [M, D] f32. A cluster that
/// loses all its vectors takes the vector that is farthest from its centre. Deterministic for any number of threads. Throws OptionError
/// unless 1 <= clusters <= M and iterations >= 1, ShapeError for other tensors.
Clusters k_means(const Tensor& points, const KMeansOptions& options);

}  // namespace fovea
