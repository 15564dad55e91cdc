#include "selftest/suite.hpp"

namespace fovea::selftest_detail {

namespace {

using kernels::BroadcastShape;

constexpr BroadcastShape kShapes[] = {{2, 49, 17}, {1, 300, 64}, {3, 5, 1}, {1, 70000, 1}, {40, 1, 3}, {0, 4, 4}, {2, 0, 5}};

std::int64_t large(const BroadcastShape& s) { return s.outer * s.rows * s.inner; }
std::int64_t small(const BroadcastShape& s) { return s.outer * s.inner; }

}  // namespace

template <class T>
void check_broadcast(Suite<T>& suite) {
  suite.check(
      "broadcast.add", {}, kShapes, [](const auto& kernels) { return kernels.broadcast.add; },
      [](auto& run, const auto& kernels, const BroadcastShape& s) {
        const auto x = run.values(large(s)), b = run.values(small(s));
        auto y = run.empty(large(s));
        kernels.broadcast.add(run.context(), s, x.data(), b.data(), y.data());
        run.result(y);
      });
  suite.check(
      "broadcast.multiply", {}, kShapes, [](const auto& kernels) { return kernels.broadcast.multiply; },
      [](auto& run, const auto& kernels, const BroadcastShape& s) {
        const auto x = run.values(large(s)), b = run.values(small(s));
        auto y = run.empty(large(s));
        kernels.broadcast.multiply(run.context(), s, x.data(), b.data(), y.data());
        run.result(y);
      });
  suite.check(
      "broadcast.sum", {.scale = Scale::terms}, kShapes, [](const auto& kernels) { return kernels.broadcast.sum; },
      [](auto& run, const auto& kernels, const BroadcastShape& s) {
        const auto a = run.values(large(s)), b = run.values(large(s));
        for (const bool products : {false, true}) {
          auto y = run.empty(small(s));
          kernels.broadcast.sum(run.context(), s, a.data(), products ? b.data() : nullptr, y.data(),
                                run.scratch(kernels.broadcast.sum_workspace_bytes(s)));
          run.result(y, static_cast<double>(std::max<std::int64_t>(s.rows, 1)));
        }
      });
}
template void check_broadcast(Suite<float>&);
template void check_broadcast(Suite<bf16>&);

}  // namespace fovea::selftest_detail
