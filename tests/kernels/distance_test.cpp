#include "fovea/kernels/distance.hpp"

#include "comparison.hpp"
#include "support/values.hpp"

namespace fovea {
namespace {

using kernels::Context, kernels::DistanceShape, kernels::RowMetric;
using test::converted, test::integer_values, test::on_any_threads, test::oracle, test::random_values;

template <class T>
std::vector<T> distances(const kernels::TypedKernels<T>& kernels, Context& context, const DistanceShape& s, const std::vector<T>& a,
                         const std::vector<T>& b) {
  std::vector<T> y(static_cast<std::size_t>(s.a_rows * s.b_rows), T{-1});
  kernels.distance.rows(context, s, a.data(), b.data(), y.data());
  return y;
}

constexpr RowMetric kMetrics[] = {RowMetric::l1, RowMetric::squared_l2, RowMetric::dot};

std::vector<DistanceShape> shapes(RowMetric metric) {
  return {{0, 3, 5, metric},     {3, 0, 5, metric},     {1, 1, 1, metric},   {2, 3, 0, metric},
          {4, 4, 16, metric},    {5, 7, 17, metric},    {3, 9, 15, metric},  {64, 64, 33, metric},
          {65, 130, 47, metric}, {1, 200, 784, metric}, {129, 1, 3, metric}, {8, 70, 3072, metric}};
}

TEST(Distance, IsTheReferences) {
  for (const auto& [name, kernels] : test::f32_kernels())
    for (const RowMetric metric : kMetrics)
      for (const DistanceShape& s : shapes(metric)) {
        SCOPED_TRACE(std::string(name) + ", " + std::to_string(s.a_rows) + " and " + std::to_string(s.b_rows) + " rows of " +
                     std::to_string(s.width));
        Context context(1);
        const auto a = random_values<float>(s.a_rows * s.width, 1), b = random_values<float>(s.b_rows * s.width, 2);
        const auto exact = distances(oracle(), context, s, converted<double>(a), converted<double>(b));
        const auto scale = metric == RowMetric::dot  // the other terms are positive already
                               ? distances(oracle(), context, s, converted<double>(test::absolute(a)), converted<double>(test::absolute(b)))
                               : exact;
        test::expect_close(on_any_threads([&](Context& any) { return distances(kernels, any, s, a, b); }), exact, scale, 1e-6);
        const auto m = integer_values<float>(s.a_rows * s.width, 3), n = integer_values<float>(s.b_rows * s.width, 4);
        EXPECT_EQ(converted<double>(distances(kernels, context, s, m, n)),
                  distances(oracle(), context, s, converted<double>(m), converted<double>(n)));
      }
}

TEST(Distance, APairHasTheSameBitsInAnyBlock) {
  const auto a = random_values<float>(70 * 51, 1), b = random_values<float>(67 * 51, 2);
  for (const auto& [name, kernels] : test::f32_kernels())
    for (const RowMetric metric : kMetrics) {
      Context context(1);
      const auto all = distances(kernels, context, {70, 67, 51, metric}, a, b);
      for (const std::int64_t i : {0, 5, 69})
        for (const std::int64_t j : {0, 3, 66}) {
          float alone = -1;
          kernels.distance.rows(context, {1, 1, 51, metric}, a.data() + i * 51, b.data() + j * 51, &alone);
          EXPECT_EQ(alone, all[static_cast<std::size_t>(i * 67 + j)]) << name << ' ' << i << ' ' << j;
        }
    }
}

TEST(Distance, HandWorked) {
  const std::vector<float> a{1, 2, 3, 0, 0, 0}, b{3, 2, -1};
  for (const auto& [name, kernels] : test::f32_kernels()) {
    Context context(1);
    EXPECT_EQ(distances(kernels, context, {2, 1, 3, RowMetric::l1}, a, b), (std::vector<float>{6, 6})) << name;
    EXPECT_EQ(distances(kernels, context, {2, 1, 3, RowMetric::squared_l2}, a, b), (std::vector<float>{20, 14})) << name;
    EXPECT_EQ(distances(kernels, context, {2, 1, 3, RowMetric::dot}, a, b), (std::vector<float>{4, 0})) << name;
  }
}

}  // namespace
}  // namespace fovea
