#include "fovea/kernels/distance.hpp"

#include <array>
#include <initializer_list>
#include <vector>

#include "selftest/suite.hpp"

namespace fovea::selftest_detail {

namespace {

using kernels::DistanceShape;
using kernels::RowMetric;

std::vector<DistanceShape> shapes(std::initializer_list<RowMetric> metrics) {
  std::vector<DistanceShape> list;
  for (const RowMetric metric : metrics)
    for (const auto& [a, b, width] : {std::array<std::int64_t, 3>{0, 3, 5}, {1, 1, 1}, {5, 7, 17}, {65, 130, 47}, {3, 70, 784}})
      list.push_back({a, b, width, metric});
  return list;
}

constexpr auto kSlot = [](const auto& kernels) { return kernels.distance.rows; };
constexpr auto kBody = [](auto& run, const auto& kernels, const DistanceShape& s) {
  const auto a = run.values(s.a_rows * s.width), b = run.values(s.b_rows * s.width);
  auto y = run.empty(s.a_rows * s.b_rows);
  kernels.distance.rows(run.context(), s, a.data(), b.data(), y.data());
  run.result(y);
};

}  // namespace

/// The terms of distances are positive, so that a result says how large they were; those of products are not.
void check_distance(Suite<float>& suite) {
  suite.check("distance.rows", {.scale = Scale::value}, shapes({RowMetric::l1, RowMetric::squared_l2}), kSlot, kBody);
  suite.check("distance.rows (dot)", {.scale = Scale::terms}, shapes({RowMetric::dot}), kSlot, kBody);
}

}  // namespace fovea::selftest_detail
