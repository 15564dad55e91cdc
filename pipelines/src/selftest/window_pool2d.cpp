#include "selftest/suite.hpp"

namespace fovea::selftest_detail {

namespace {

using kernels::AxisRange, kernels::WindowPool2dShape;

// Three overlapping windows over 5 rows and two over 7 columns, and the windows that hold each cell.
constexpr AxisRange kRows[] = {{0, 2}, {1, 4}, {3, 5}}, kRowWindows[] = {{0, 1}, {0, 2}, {1, 2}, {1, 3}, {2, 3}};
constexpr AxisRange kColumns[] = {{0, 4}, {3, 7}}, kColumnWindows[] = {{0, 1}, {0, 1}, {0, 1}, {0, 2}, {1, 2}, {1, 2}, {1, 2}};

constexpr WindowPool2dShape windows(std::int64_t n, std::int64_t c) {
  return {n, 5, 7, c, 3, 2, kRows, kColumns, kRowWindows, kColumnWindows};
}
constexpr WindowPool2dShape kPools[] = {windows(2, 1), windows(1, 16), windows(3, 37), windows(0, 4), windows(1, 0)};

std::int64_t x_count(const WindowPool2dShape& s) { return s.n * s.h * s.w * s.c; }
std::int64_t y_count(const WindowPool2dShape& s) { return s.n * s.p * s.q * s.c; }

}  // namespace

template <class T>
void check_window_pool2d(Suite<T>& suite) {
  suite.check(
      "window_pool2d.max_forward", {}, kPools, [](const auto& kernels) { return kernels.window_pool2d.max_forward; },
      [](auto& run, const auto& kernels, const WindowPool2dShape& s) {
        const auto x = run.values(x_count(s));
        auto y = run.empty(y_count(s));
        std::vector<std::int32_t> argmax(y.size());
        kernels.window_pool2d.max_forward(run.context(), s, x.data(), y.data(), argmax.data());
        run.result(y);
        run.result(argmax);
      });
  suite.check(
      "window_pool2d.max_backward", {}, kPools, [](const auto& kernels) { return kernels.window_pool2d.max_backward; },
      [](auto& run, const auto& kernels, const WindowPool2dShape& s) {
        const auto x = run.values(x_count(s)), dy = run.values(y_count(s));
        auto y = run.empty(y_count(s)), dx = run.empty(x_count(s));
        std::vector<std::int32_t> argmax(y.size());
        kernels.window_pool2d.max_forward(run.context(), s, x.data(), y.data(), argmax.data());
        kernels.window_pool2d.max_backward(run.context(), s, dy.data(), argmax.data(), dx.data());
        run.result(dx);
      });
  suite.check(
      "window_pool2d.average_forward", {}, kPools, [](const auto& kernels) { return kernels.window_pool2d.average_forward; },
      [](auto& run, const auto& kernels, const WindowPool2dShape& s) {
        const auto x = run.values(x_count(s));
        auto y = run.empty(y_count(s));
        kernels.window_pool2d.average_forward(run.context(), s, x.data(), y.data());
        run.result(y);
      });
  suite.check(
      "window_pool2d.average_backward", {}, kPools, [](const auto& kernels) { return kernels.window_pool2d.average_backward; },
      [](auto& run, const auto& kernels, const WindowPool2dShape& s) {
        const auto dy = run.values(y_count(s));
        auto dx = run.empty(x_count(s));
        kernels.window_pool2d.average_backward(run.context(), s, dy.data(), dx.data());
        run.result(dx);
      });
}
template void check_window_pool2d(Suite<float>&);
template void check_window_pool2d(Suite<bf16>&);

}  // namespace fovea::selftest_detail
