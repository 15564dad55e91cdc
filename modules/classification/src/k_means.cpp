#include "fovea/classification/k_means.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "fovea/base/error.hpp"
#include "fovea/base/random.hpp"
#include "fovea/classification/nearest_neighbors.hpp"
#include "fovea/kernels/kernel_table.hpp"

namespace fovea {

namespace {

void copy_row(const Tensor& from, std::int64_t row, Tensor& to, std::int64_t place) {
  const std::int64_t width = from.extent(1);
  std::copy_n(from.data<float>() + row * width, width, to.mutable_data<float>() + place * width);
}

/// k-means++: each further centre is a point drawn with a chance proportional to its squared distance to the centres so far.
Tensor first_centers(const Tensor& points, const KMeansOptions& options) {
  RandomStream stream(options.seed, 0x6b6d);
  const std::int64_t count = points.extent(0), width = points.extent(1);
  Tensor centers = Tensor::empty({options.clusters, width});
  Tensor to_newest = Tensor::empty({count});
  std::vector<double> nearest(static_cast<std::size_t>(count), HUGE_VAL);
  std::int64_t chosen = static_cast<std::int64_t>(stream.below(static_cast<std::uint64_t>(count)));
  for (std::int64_t cluster = 0;; ++cluster) {
    copy_row(points, chosen, centers, cluster);
    if (cluster + 1 == options.clusters) return centers;
    kernels::table().f32.distance.rows(kernels::Context::current(), {count, 1, width, kernels::RowMetric::squared_l2}, points.data<float>(),
                                       centers.data<float>() + cluster * width, to_newest.mutable_data<float>());
    double total = 0;
    for (std::size_t i = 0; i < nearest.size(); ++i) total += nearest[i] = std::min(nearest[i], double{to_newest.data<float>()[i]});
    double draw = stream.uniform() * total;
    chosen = 0;
    while (chosen + 1 < count && (draw -= nearest[static_cast<std::size_t>(chosen)]) >= 0) ++chosen;
  }
}

/// Moves every centre to the mean of its points.
void update_centers(const Tensor& points, const Neighbors& nearest, Tensor& centers) {
  const std::int64_t count = points.extent(0), width = points.extent(1), clusters = centers.extent(0);
  std::vector<double> sums(static_cast<std::size_t>(clusters * width));
  std::vector<std::int64_t> sizes(static_cast<std::size_t>(clusters));
  for (std::int64_t i = 0; i < count; ++i) {
    const std::int64_t cluster = nearest.indices.data<std::int64_t>()[i];
    ++sizes[static_cast<std::size_t>(cluster)];
    for (std::int64_t k = 0; k < width; ++k) sums[static_cast<std::size_t>(cluster * width + k)] += points.data<float>()[i * width + k];
  }
  std::vector<std::int64_t> farthest;  // points, for clusters that are empty
  if (std::find(sizes.begin(), sizes.end(), 0) != sizes.end()) {
    farthest.resize(static_cast<std::size_t>(count));
    for (std::int64_t i = 0; i < count; ++i) farthest[static_cast<std::size_t>(i)] = i;
    const float* const distance = nearest.distances.data<float>();
    std::stable_sort(farthest.begin(), farthest.end(), [&](std::int64_t a, std::int64_t b) { return distance[a] < distance[b]; });
  }
  for (std::int64_t cluster = 0; cluster < clusters; ++cluster) {
    const std::int64_t size = sizes[static_cast<std::size_t>(cluster)];
    if (size == 0) {
      copy_row(points, farthest.back(), centers, cluster);
      farthest.pop_back();
      continue;
    }
    for (std::int64_t k = 0; k < width; ++k)
      centers.mutable_data<float>()[cluster * width + k] =
          static_cast<float>(sums[static_cast<std::size_t>(cluster * width + k)] / static_cast<double>(size));
  }
}

}  // namespace

Clusters k_means(const Tensor& points, const KMeansOptions& options) {
  if (!points.defined() || points.rank() != 2 || points.dtype() != DType::f32)
    throw ShapeError("[k_means] wants an f32 matrix [points, width]");
  if (options.clusters < 1 || options.clusters > points.extent(0))
    throw OptionError(
        fmt::format("[k_means] the number of clusters is from 1 to the {} points, found {}", points.extent(0), options.clusters));
  if (options.iterations < 1) throw OptionError(fmt::format("[k_means] at least 1 iteration, found {}", options.iterations));
  Clusters result{.centers = first_centers(points, options), .assignment = {}, .inertia = 0, .iterations = 0};
  for (;;) {
    const Neighbors nearest = nearest_neighbors(points, result.centers, 1);
    const bool settled =
        result.assignment.defined() && std::ranges::equal(result.assignment.span<std::int64_t>(), nearest.indices.span<std::int64_t>());
    result.assignment = nearest.indices.reshape({points.extent(0)});
    if (settled || result.iterations == options.iterations) {
      for (const float distance : nearest.distances.span<float>()) result.inertia += double{distance} * distance;
      return result;
    }
    update_centers(points, nearest, result.centers);
    ++result.iterations;
  }
}

}  // namespace fovea
