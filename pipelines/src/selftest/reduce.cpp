#include "selftest/suite.hpp"

namespace fovea::selftest_detail {

namespace {

struct Rows {
  std::int64_t rows, columns, pitch;
};
constexpr Rows kRows[] = {{0, 3, 3}, {1, 1, 1}, {7, 17, 17}, {33, 16, 20}, {5000, 3, 3}, {4099, 37, 37}, {2, 0, 0}};

}  // namespace

template <class T>
void check_reduce(Suite<T>& suite) {
  suite.check(
      "reduce.sum", {.scale = Scale::terms}, kCounts, [](const auto& kernels) { return kernels.reduce.sum; },
      [](auto& run, const auto& kernels, std::int64_t count) {
        const auto x = run.values(count);
        auto y = run.empty_weights(1);
        kernels.reduce.sum(run.context(), count, x.data(), y.data(), run.scratch(kernels.reduce.sum_workspace_bytes(count)));
        run.result(y);
      });
  suite.check(
      "reduce.sum_rows", {.scale = Scale::terms}, kRows, [](const auto& kernels) { return kernels.reduce.sum_rows; },
      [](auto& run, const auto& kernels, const Rows& s) {
        const auto x = run.values(s.rows * s.pitch);
        auto y = run.empty_weights(s.columns);
        void* const workspace = run.scratch(kernels.reduce.sum_rows_workspace_bytes(s.rows, s.columns));
        kernels.reduce.sum_rows(run.context(), s.rows, s.columns, s.pitch, x.data(), y.data(), workspace);
        run.result(y);
      });
}
template void check_reduce(Suite<float>&);
template void check_reduce(Suite<bf16>&);

}  // namespace fovea::selftest_detail
