#include "selftest/suite.hpp"

namespace fovea::selftest_detail {

namespace {

using kernels::Pool2dShape;

constexpr Pool2dShape pool(std::int64_t n, std::int64_t h, std::int64_t w, std::int64_t c, std::int64_t window, std::int64_t stride,
                           std::int64_t padding, bool count_padding) {
  return {.n = n,
          .h = h,
          .w = w,
          .c = c,
          .p = (h + 2 * padding - window) / stride + 1,
          .q = (w + 2 * padding - window) / stride + 1,
          .window_h = window,
          .window_w = window,
          .stride_h = stride,
          .stride_w = stride,
          .pad_top = padding,
          .pad_left = padding,
          .x_pitch = c,
          .y_pitch = c,
          .count_padding = count_padding};
}

/// Windows of 3 x 2 cells, 2 and 3 apart, the last of which reach behind the padding.
constexpr Pool2dShape dilated(bool count_padding) {
  Pool2dShape s = pool(2, 7, 6, 19, 3, 2, 2, count_padding);
  s.q = 3;
  s.window_w = 2;
  s.stride_w = 3;
  s.pad_left = s.pad_right = 1;
  s.pad_bottom = 2;
  s.dilation_h = 2;
  s.dilation_w = 3;
  s.p = 4;
  return s;
}

constexpr Pool2dShape kPools[] = {pool(2, 8, 6, 20, 2, 2, 0, true),
                                  pool(1, 11, 7, 3, 3, 2, 1, true),
                                  pool(3, 5, 5, 37, 3, 1, 1, false),
                                  pool(1, 9, 9, 16, 2, 3, 0, false),
                                  pool(0, 4, 4, 5, 2, 2, 0, true),
                                  pool(1, 1, 1, 1, 1, 1, 0, true),
                                  dilated(true),
                                  dilated(false)};

std::int64_t x_count(const Pool2dShape& s) { return s.n * s.h * s.w * s.c; }
std::int64_t y_count(const Pool2dShape& s) { return s.n * s.p * s.q * s.c; }

}  // namespace

template <class T>
void check_pool2d(Suite<T>& suite) {
  suite.check(
      "pool2d.max_forward", {}, kPools, [](const auto& kernels) { return kernels.pool2d.max_forward; },
      [](auto& run, const auto& kernels, const Pool2dShape& s) {
        const auto x = run.values(x_count(s));
        auto y = run.empty(y_count(s));
        std::vector<std::int32_t> argmax(y.size());
        kernels.pool2d.max_forward(run.context(), s, x.data(), y.data(), argmax.data());
        run.result(y);
        run.result(argmax);
      });
  suite.check(
      "pool2d.max_backward", {}, kPools, [](const auto& kernels) { return kernels.pool2d.max_backward; },
      [](auto& run, const auto& kernels, const Pool2dShape& s) {
        const auto x = run.values(x_count(s)), dy = run.values(y_count(s));
        auto y = run.empty(y_count(s)), dx = run.empty(x_count(s));
        std::vector<std::int32_t> argmax(y.size());
        kernels.pool2d.max_forward(run.context(), s, x.data(), y.data(), argmax.data());
        kernels.pool2d.max_backward(run.context(), s, dy.data(), argmax.data(), dx.data());
        run.result(dx);
      });
  suite.check(
      "pool2d.average_forward", {}, kPools, [](const auto& kernels) { return kernels.pool2d.average_forward; },
      [](auto& run, const auto& kernels, const Pool2dShape& s) {
        const auto x = run.values(x_count(s));
        auto y = run.empty(y_count(s));
        kernels.pool2d.average_forward(run.context(), s, x.data(), y.data());
        run.result(y);
      });
  suite.check(
      "pool2d.average_backward", {}, kPools, [](const auto& kernels) { return kernels.pool2d.average_backward; },
      [](auto& run, const auto& kernels, const Pool2dShape& s) {
        const auto dy = run.values(y_count(s));
        auto dx = run.empty(x_count(s));
        kernels.pool2d.average_backward(run.context(), s, dy.data(), dx.data());
        run.result(dx);
      });
}
template void check_pool2d(Suite<float>&);
template void check_pool2d(Suite<bf16>&);

}  // namespace fovea::selftest_detail
