#include "fovea/kernels/distance.hpp"

#include <array>
#include <vector>

#include "selftest/suite.hpp"

namespace fovea::selftest_detail {

void check_distance(Suite<float>& suite) {
  std::vector<kernels::DistanceShape> shapes;
  for (const auto metric : {kernels::RowMetric::l1, kernels::RowMetric::squared_l2, kernels::RowMetric::dot})
    for (const auto& [a, b, width] : {std::array<std::int64_t, 3>{0, 3, 5}, {1, 1, 1}, {5, 7, 17}, {65, 130, 47}, {3, 70, 784}})
      shapes.push_back({a, b, width, metric});
  suite.check(
      "distance.rows", {.scale = Scale::terms}, shapes, [](const auto& kernels) { return kernels.distance.rows; },
      [](auto& run, const auto& kernels, const kernels::DistanceShape& s) {
        const auto a = run.values(s.a_rows * s.width), b = run.values(s.b_rows * s.width);
        auto y = run.empty(s.a_rows * s.b_rows);
        kernels.distance.rows(run.context(), s, a.data(), b.data(), y.data());
        run.result(y);
      });
}

}  // namespace fovea::selftest_detail
