#include "fovea/classification/k_means.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <set>
#include <vector>

#include "fovea/base/error.hpp"
#include "fovea/base/random.hpp"
#include "fovea/kernels/context.hpp"
#include "support/values.hpp"

namespace fovea {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

/// 60 points in tight groups around (0, 0), (10, 0) and (0, 10), by turns.
Tensor three_groups() {
  RandomStream stream(3);
  std::vector<float> values;
  for (int i = 0; i < 60; ++i) {
    values.push_back(static_cast<float>((i % 3 == 1 ? 10 : 0) + 0.1 * stream.normal()));
    values.push_back(static_cast<float>((i % 3 == 2 ? 10 : 0) + 0.1 * stream.normal()));
  }
  return Tensor::from(values, {60, 2});
}

TEST(KMeans, FindsSeparateGroups) {
  for (const std::uint64_t seed : {1, 2, 3, 4}) {
    const Clusters found = k_means(three_groups(), {.clusters = 3, .seed = seed});
    const auto* const cluster = found.assignment.data<std::int64_t>();
    for (int i = 3; i < 60; ++i) EXPECT_EQ(cluster[i], cluster[i % 3]);
    EXPECT_EQ((std::set{cluster[0], cluster[1], cluster[2]}).size(), 3u);
    EXPECT_LT(found.inertia, 60 * 2 * 0.1 * 0.1 * 2);
  }
}

/// At the end every centre is the mean of its points, every point is with its nearest centre, and the inertia is what it says.
TEST(KMeans, EndsAtAFixedPoint) {
  const std::int64_t count = 200, width = 5, clusters = 7;
  const Tensor points = Tensor::from(test::random_values<float>(count * width, 1), {count, width});
  const Clusters found = k_means(points, {.clusters = clusters, .iterations = 1000});
  ASSERT_LT(found.iterations, 1000);
  double inertia = 0;
  std::vector<double> sums(static_cast<std::size_t>(clusters * width)), sizes(static_cast<std::size_t>(clusters));
  for (std::int64_t i = 0; i < count; ++i) {
    std::vector<double> squares(static_cast<std::size_t>(clusters));
    const std::int64_t mine = found.assignment.data<std::int64_t>()[i];
    sizes[static_cast<std::size_t>(mine)] += 1;
    for (std::int64_t k = 0; k < width; ++k) {
      const double value = points.data<float>()[i * width + k];
      sums[static_cast<std::size_t>(mine * width + k)] += value;
      for (std::int64_t c = 0; c < clusters; ++c)
        squares[static_cast<std::size_t>(c)] += std::pow(value - found.centers.data<float>()[c * width + k], 2);
    }
    inertia += squares[static_cast<std::size_t>(mine)];
    for (const double other : squares) EXPECT_LE(squares[static_cast<std::size_t>(mine)], other + 1e-6);
  }
  EXPECT_NEAR(found.inertia, inertia, 1e-4);
  for (std::int64_t i = 0; i < clusters * width; ++i)
    EXPECT_NEAR(found.centers.data<float>()[i], sums[static_cast<std::size_t>(i)] / sizes[static_cast<std::size_t>(i / width)], 1e-5);
}

TEST(KMeans, EveryClusterHasAPointEvenAmongEqualOnes) {
  const Clusters equal = k_means(Tensor::full({5, 2}, 3), {.clusters = 3});
  EXPECT_EQ(equal.inertia, 0);
  const Clusters all = k_means(three_groups(), {.clusters = 60});
  EXPECT_NEAR(all.inertia, 0, 1e-9);
}

TEST(KMeans, BitsDependOnTheSeedAlone) {
  const Tensor points = Tensor::from(test::random_values<float>(3000, 1), {500, 6});
  kernels::Context one(1), two(2);
  std::vector<float> first;
  {
    const kernels::ContextGuard guard(one);
    first = k_means(points, {.clusters = 9, .seed = 4}).centers.to_vector<float>();
  }
  const kernels::ContextGuard guard(two);
  EXPECT_EQ(k_means(points, {.clusters = 9, .seed = 4}).centers.to_vector<float>(), first);
  EXPECT_NE(k_means(points, {.clusters = 9, .seed = 5}).centers.to_vector<float>(), first);
}

TEST(KMeans, SaysWhatItWants) {
  EXPECT_THAT([] { k_means(three_groups(), {.clusters = 61}); },
              ThrowsMessage<OptionError>(HasSubstr("from 1 to the 60 points, found 61")));
  EXPECT_THAT([] { k_means(three_groups(), {.clusters = 0}); }, ThrowsMessage<OptionError>(HasSubstr("found 0")));
  EXPECT_THAT([] { k_means(three_groups(), {.iterations = 0}); }, ThrowsMessage<OptionError>(HasSubstr("at least 1 iteration")));
  EXPECT_THAT([] { k_means(Tensor{}, {}); }, ThrowsMessage<ShapeError>(HasSubstr("matrix")));
}

}  // namespace
}  // namespace fovea
