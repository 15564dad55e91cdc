#include "fovea/classification/nearest_neighbors.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

#include "fovea/base/error.hpp"
#include "fovea/kernels/context.hpp"
#include "support/values.hpp"

namespace fovea {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::ThrowsMessage;

Tensor matrix(std::int64_t rows, std::int64_t width, std::uint64_t seed) {
  return Tensor::from(test::random_values<float>(rows * width, seed), {rows, width});
}

double distance(const Tensor& a, std::int64_t i, const Tensor& b, std::int64_t j, NeighborMetric metric) {
  const std::int64_t width = a.extent(1);
  double absolute = 0, squares = 0, product = 0, aa = 0, bb = 0;
  for (std::int64_t k = 0; k < width; ++k) {
    const double u = a.data<float>()[i * width + k], v = b.data<float>()[j * width + k];
    absolute += std::abs(u - v), squares += (u - v) * (u - v), product += u * v, aa += u * u, bb += v * v;
  }
  if (metric == NeighborMetric::l1) return absolute;
  if (metric == NeighborMetric::l2) return std::sqrt(squares);
  return aa == 0 || bb == 0 ? 1 : 1 - product / std::sqrt(aa * bb);
}

constexpr NeighborMetric kMetrics[] = {NeighborMetric::l1, NeighborMetric::l2, NeighborMetric::cosine};

/// More rows than a block on both sides.
TEST(NearestNeighbors, AreTheSmallestOfAllDistances) {
  struct Case {
    std::int64_t queries, rows, width, k;
  };
  for (const Case& c : {Case{3, 10, 5, 10}, {1, 1, 1, 1}, {300, 50, 3, 4}, {5, 5000, 17, 3}, {0, 4, 2, 1}})
    for (const NeighborMetric metric : kMetrics) {
      const Tensor queries = matrix(c.queries, c.width, 1), data = matrix(c.rows, c.width, 2);
      const Neighbors found = nearest_neighbors(queries, data, c.k, metric);
      ASSERT_EQ(found.indices.shape(), (Shape{c.queries, c.k}));
      for (std::int64_t row = 0; row < c.queries; ++row) {
        std::vector<double> all;
        for (std::int64_t j = 0; j < c.rows; ++j) all.push_back(distance(queries, row, data, j, metric));
        std::vector<double> sorted = all;
        std::sort(sorted.begin(), sorted.end());
        for (std::int64_t rank = 0; rank < c.k; ++rank) {
          const auto index = found.indices.data<std::int64_t>()[row * c.k + rank];
          ASSERT_NEAR(found.distances.data<float>()[row * c.k + rank], sorted[static_cast<std::size_t>(rank)],
                      2e-6 * static_cast<double>(c.width));
          ASSERT_NEAR(all[static_cast<std::size_t>(index)], sorted[static_cast<std::size_t>(rank)], 2e-6 * static_cast<double>(c.width));
        }
      }
    }
}

TEST(NearestNeighbors, EquallyNearOnesComeInTheirOrder) {
  const Tensor data = Tensor::from<float>({1, 3, 1, 2, 1}, {5, 1});
  const Neighbors found = nearest_neighbors(Tensor::from<float>({1}, {1, 1}), data, 4);
  EXPECT_THAT(found.indices.to_vector<std::int64_t>(), ElementsAre(0, 2, 4, 3));
  EXPECT_THAT(found.distances.to_vector<float>(), ElementsAre(0, 0, 0, 1));
}

TEST(NearestNeighbors, ZerosAreAtOneFromEverythingByCosine) {
  const Tensor data = Tensor::from<float>({0, 0, 2, 2, -1, -1}, {3, 2});
  const Neighbors found = nearest_neighbors(Tensor::from<float>({1, 1}, {1, 2}), data, 3, NeighborMetric::cosine);
  EXPECT_THAT(found.indices.to_vector<std::int64_t>(), ElementsAre(1, 0, 2));
  EXPECT_EQ(found.distances.data<float>()[1], 1);
}

TEST(NearestNeighbors, ANanIsFartherThanAnything) {
  const Tensor data = Tensor::from<float>({NAN, 100}, {2, 1});
  EXPECT_THAT(nearest_neighbors(Tensor::from<float>({0}, {1, 1}), data, 2).indices.to_vector<std::int64_t>(), ElementsAre(1, 0));
}

TEST(NearestNeighbors, BitsDependOnNeitherThreadsNorCompany) {
  const Tensor queries = matrix(300, 37, 1), data = matrix(900, 37, 2);
  for (const NeighborMetric metric : kMetrics) {
    kernels::Context one(1), two(2);
    Neighbors first, second;
    {
      const kernels::ContextGuard guard(one);
      first = nearest_neighbors(queries, data, 5, metric);
    }
    const kernels::ContextGuard guard(two);
    second = nearest_neighbors(queries, data, 5, metric);
    EXPECT_EQ(first.indices.to_vector<std::int64_t>(), second.indices.to_vector<std::int64_t>());
    EXPECT_EQ(first.distances.to_vector<float>(), second.distances.to_vector<float>());
    const Neighbors alone = nearest_neighbors(queries.slice(299, 300), data, 5, metric);
    EXPECT_EQ(alone.distances.to_vector<float>(), first.distances.slice(299, 300).to_vector<float>());
  }
}

TEST(NearestNeighbors, SaysWhatItWants) {
  const Tensor a = matrix(2, 3, 1);
  EXPECT_THAT([&] { nearest_neighbors(a, matrix(2, 4, 1), 1); },
              ThrowsMessage<ShapeError>(HasSubstr("queries have 3 values per row but the data has 4")));
  EXPECT_THAT([&] { nearest_neighbors(a, a, 3); }, ThrowsMessage<OptionError>(HasSubstr("k is from 1 to the 2 rows")));
  EXPECT_THAT([&] { nearest_neighbors(a, a, 0); }, ThrowsMessage<OptionError>(HasSubstr("found 0")));
  EXPECT_THAT([&] { nearest_neighbors(a, a.to(DType::f64), 1); }, ThrowsMessage<ShapeError>(HasSubstr("f64")));
  EXPECT_THAT([] { neighbor_metric_from("l3"); }, ThrowsMessage<OptionError>(HasSubstr("l1")));
}

}  // namespace
}  // namespace fovea
