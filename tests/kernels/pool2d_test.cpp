#include <cmath>
#include <limits>

#include "comparison.hpp"
#include "support/values.hpp"

namespace fovea {
namespace {

using kernels::Context;
using kernels::Pool2dShape;
using test::absolute, test::converted, test::integer_values, test::on_any_threads, test::oracle, test::random_values;

constexpr double kGap = 77;  // what the memory between pixels holds before and after

struct PoolCase {
  const char* name;
  Pool2dShape shape;
};

Pool2dShape square(std::int64_t n, std::int64_t extent, std::int64_t c, std::int64_t window, std::int64_t stride,
                   std::int64_t padding = 0) {
  const std::int64_t output = (extent + 2 * padding - window) / stride + 1;
  return {.n = n,
          .h = extent,
          .w = extent,
          .c = c,
          .p = output,
          .q = output,
          .window_h = window,
          .window_w = window,
          .stride_h = stride,
          .stride_w = stride,
          .pad_top = padding,
          .pad_left = padding,
          .x_pitch = c,
          .y_pitch = c};
}

std::vector<PoolCase> pool_cases() {
  Pool2dShape pitched = square(2, 6, 5, 2, 2);
  pitched.x_pitch = 9;
  pitched.y_pitch = 7;
  Pool2dShape cut = square(1, 7, 17, 3, 2, 1);
  cut.count_padding = false;
  // Padding 1 above, 2 below, none to the left, 1 to the right: more windows than symmetric padding gives.
  const Pool2dShape asymmetric{.n = 2,
                               .h = 5,
                               .w = 8,
                               .c = 3,
                               .p = 6,
                               .q = 3,
                               .window_h = 3,
                               .window_w = 2,
                               .stride_h = 1,
                               .stride_w = 3,
                               .pad_top = 1,
                               .pad_left = 0,
                               .x_pitch = 3,
                               .y_pitch = 3};
  // Spans of 5 rows and 4 columns; the last column of windows begins one column in front of the image's end and reaches 3 beyond it, one of
  // which is padding.
  const Pool2dShape dilated{.n = 2,
                            .h = 7,
                            .w = 6,
                            .c = 19,
                            .p = 3,
                            .q = 3,
                            .window_h = 3,
                            .window_w = 2,
                            .stride_h = 2,
                            .stride_w = 3,
                            .pad_top = 2,
                            .pad_left = 1,
                            .x_pitch = 19,
                            .y_pitch = 19,
                            .dilation_h = 2,
                            .dilation_w = 3,
                            .pad_bottom = 2,
                            .pad_right = 1};
  Pool2dShape dilated_cut = dilated;
  dilated_cut.count_padding = false;
  Pool2dShape rounded_up = square(2, 6, 17, 3, 2, 1);
  rounded_up.p = rounded_up.q = 4;
  rounded_up.pad_bottom = rounded_up.pad_right = 1;
  Pool2dShape sums = square(1, 7, 5, 3, 2, 1);
  sums.divisor = 1;
  return {{"dilated", dilated},
          {"dilated, padding not counted", dilated_cut},
          {"rounded up", rounded_up},
          {"sums", sums},
          {"one channel", square(2, 4, 1, 2, 2)},
          {"prime channels", square(1, 6, 31, 2, 2)},
          {"lanes - 1", square(1, 4, 15, 2, 2)},
          {"lanes", square(1, 4, 16, 2, 2)},
          {"lanes + 1", square(1, 4, 17, 2, 2)},
          {"overlapping", square(2, 9, 20, 3, 2, 1)},
          {"every cell", square(1, 5, 3, 3, 1, 1)},
          {"stride 3, cells left over", square(1, 11, 6, 2, 3)},
          {"whole image", square(3, 7, 33, 7, 1)},
          {"pitched", pitched},
          {"padding not counted", cut},
          {"asymmetric", asymmetric},
          {"many tasks", square(3, 64, 24, 2, 2)},
          {"empty batch", square(0, 4, 3, 2, 2)}};
}

std::int64_t input_pixels(const Pool2dShape& s) { return s.n * s.h * s.w; }
std::int64_t output_pixels(const Pool2dShape& s) { return s.n * s.p * s.q; }

/// Puts values of [pixels, c] at a pitch, with kGap between.
template <class T>
std::vector<T> spread(const std::vector<T>& dense, std::int64_t c, std::int64_t pitch) {
  std::vector<T> values(dense.size() / static_cast<std::size_t>(c) * static_cast<std::size_t>(pitch), static_cast<T>(kGap));
  for (std::size_t i = 0; i < dense.size(); ++i) {
    const std::size_t channels = static_cast<std::size_t>(c);
    values[i / channels * static_cast<std::size_t>(pitch) + i % channels] = dense[i];
  }
  return values;
}

template <class T>
std::vector<T> gaps(std::int64_t pixels, std::int64_t pitch) {
  return std::vector<T>(static_cast<std::size_t>(pixels * pitch), static_cast<T>(kGap));
}

template <class T>
std::vector<T> inputs_of(const Pool2dShape& s, std::vector<T> (*values)(std::int64_t, std::uint64_t)) {
  return spread(values(input_pixels(s) * s.c, 1), s.c, s.x_pitch);
}
template <class T>
std::vector<T> gradients_of(const Pool2dShape& s, std::vector<T> (*values)(std::int64_t, std::uint64_t)) {
  return spread(values(output_pixels(s) * s.c, 2), s.c, s.y_pitch);
}

template <class T>
std::vector<T> max_forward(const kernels::TypedKernels<T>& kernels, Context& context, const Pool2dShape& s, const std::vector<T>& x,
                           std::vector<std::int32_t>* argmax) {
  auto y = gaps<T>(output_pixels(s), s.y_pitch);
  if (argmax != nullptr) argmax->assign(static_cast<std::size_t>(output_pixels(s) * s.c), -1);
  kernels.pool2d.max_forward(context, s, x.data(), y.data(), argmax == nullptr ? nullptr : argmax->data());
  return y;
}

template <class T>
std::vector<T> max_backward(const kernels::TypedKernels<T>& kernels, Context& context, const Pool2dShape& s, const std::vector<T>& dy,
                            const std::vector<std::int32_t>& argmax) {
  auto dx = gaps<T>(input_pixels(s), s.x_pitch);
  kernels.pool2d.max_backward(context, s, dy.data(), argmax.data(), dx.data());
  return dx;
}

template <class T>
std::vector<T> average_forward(const kernels::TypedKernels<T>& kernels, Context& context, const Pool2dShape& s, const std::vector<T>& x) {
  auto y = gaps<T>(output_pixels(s), s.y_pitch);
  kernels.pool2d.average_forward(context, s, x.data(), y.data());
  return y;
}

template <class T>
std::vector<T> average_backward(const kernels::TypedKernels<T>& kernels, Context& context, const Pool2dShape& s, const std::vector<T>& dy) {
  auto dx = gaps<T>(input_pixels(s), s.x_pitch);
  kernels.pool2d.average_backward(context, s, dy.data(), dx.data());
  return dx;
}

TEST(Pool2d, HandWorkedMaximum) {
  const Pool2dShape s = square(1, 4, 1, 2, 2);
  const std::vector<float> x{1, 2, 6, 3, 3, 5, 2, 1, 1, 2, 2, 1, 7, 3, 4, 8};
  for (const auto& [name, kernels] : test::f32_kernels()) {
    SCOPED_TRACE(name);
    Context context(1);
    std::vector<std::int32_t> argmax;
    EXPECT_EQ(max_forward(kernels, context, s, x, &argmax), (std::vector<float>{5, 6, 7, 8}));
    EXPECT_EQ(argmax, (std::vector<std::int32_t>{5, 2, 12, 15}));
    EXPECT_EQ(max_backward(kernels, context, s, {10, 20, 30, 40}, argmax),
              (std::vector<float>{0, 0, 20, 0, 0, 10, 0, 0, 0, 0, 0, 0, 30, 0, 0, 40}));
  }
}

TEST(Pool2d, HandWorkedAverage) {
  const std::vector<float> x{1, 2, 3, 4, 5, 6, 7, 8, 9};
  Pool2dShape padded = square(1, 3, 1, 2, 2, 1);
  Pool2dShape cut = padded;
  cut.count_padding = false;
  for (const auto& [name, kernels] : test::f32_kernels()) {
    SCOPED_TRACE(name);
    Context context(1);
    EXPECT_EQ(average_forward(kernels, context, padded, x), (std::vector<float>{0.25, 1.25, 2.75, 7}));
    EXPECT_EQ(average_forward(kernels, context, cut, x), (std::vector<float>{1, 2.5, 5.5, 7}));
    EXPECT_EQ(average_backward(kernels, context, padded, {4, 8, 12, 16}), (std::vector<float>{1, 2, 2, 3, 4, 4, 3, 4, 4}));
    EXPECT_EQ(average_backward(kernels, context, cut, {4, 8, 12, 16}), (std::vector<float>{4, 4, 4, 6, 4, 4, 6, 4, 4}));
  }
}

TEST(Pool2d, FirstOfEqualCellsAndFirstNanWin) {
  const float nan = std::numeric_limits<float>::quiet_NaN(), inf = std::numeric_limits<float>::infinity();
  const Pool2dShape s = square(1, 2, 1, 2, 1);
  struct {
    std::vector<float> cells;
    std::int32_t place;
  } const cases[] = {
      {{1, 1, 1, 1}, 0},         {{0, 3, 3, 1}, 1},    {{5, nan, 9, nan}, 1}, {{nan, nan, inf, 0}, 0}, {{-inf, -inf, -inf, -inf}, 0},
      {{-inf, -5, -inf, -6}, 1}, {{inf, 0, 0, nan}, 3}};
  for (const auto& [name, kernels] : test::f32_kernels())
    for (const auto& [cells, place] : cases) {
      SCOPED_TRACE(name);
      Context context(1);
      std::vector<std::int32_t> argmax;
      const float y = max_forward(kernels, context, s, cells, &argmax)[0];
      const float expected = cells[static_cast<std::size_t>(place)];
      EXPECT_EQ(argmax[0], place);
      EXPECT_TRUE(y == expected || (std::isnan(y) && std::isnan(expected))) << y;
    }
}

TEST(Pool2d, MaximumIsTheReferences) {
  for (const auto& [name, kernels] : test::f32_kernels())
    for (const PoolCase& pool : pool_cases()) {
      SCOPED_TRACE(std::string(name) + ", " + pool.name);
      const Pool2dShape& s = pool.shape;
      const auto x = inputs_of(s, integer_values<float>);  // with many equal cells
      const auto dy = gradients_of(s, integer_values<float>);
      Context context(1);
      std::vector<std::int32_t> argmax, expected_argmax;
      const auto expected = max_forward(oracle(), context, s, converted<double>(x), &expected_argmax);
      const auto y = on_any_threads([&](Context& any) { return max_forward(kernels, any, s, x, &argmax); });
      EXPECT_EQ(converted<double>(y), expected);
      EXPECT_EQ(argmax, expected_argmax);
      EXPECT_EQ(max_forward(kernels, context, s, x, nullptr), y) << "without argmax";
      const auto dx = on_any_threads([&](Context& any) { return max_backward(kernels, any, s, dy, argmax); });
      EXPECT_EQ(converted<double>(dx), max_backward(oracle(), context, s, converted<double>(dy), argmax));
    }
}

TEST(Pool2d, AverageIsTheReferences) {
  for (const auto& [name, kernels] : test::f32_kernels())
    for (const PoolCase& pool : pool_cases()) {
      SCOPED_TRACE(std::string(name) + ", " + pool.name);
      const Pool2dShape& s = pool.shape;
      const auto x = inputs_of(s, random_values<float>), dy = gradients_of(s, random_values<float>);
      const auto x64 = converted<double>(x), dy64 = converted<double>(dy);
      Context context(1);
      test::expect_close(on_any_threads([&](Context& any) { return average_forward(kernels, any, s, x); }),
                         average_forward(oracle(), context, s, x64), average_forward(oracle(), context, s, absolute(x64)), 1e-6);
      test::expect_close(on_any_threads([&](Context& any) { return average_backward(kernels, any, s, dy); }),
                         average_backward(oracle(), context, s, dy64), average_backward(oracle(), context, s, absolute(dy64)), 1e-6);
    }
}

TEST(Pool2d, ReferenceGradientsAreDerivatives) {
  Context context(1);
  for (const PoolCase& pool : pool_cases()) {
    if (input_pixels(pool.shape) * pool.shape.c > 2000 || pool.shape.x_pitch != pool.shape.c) continue;
    SCOPED_TRACE(pool.name);
    const Pool2dShape& s = pool.shape;
    const auto x = inputs_of(s, random_values<double>), dy = gradients_of(s, random_values<double>);
    std::vector<std::int32_t> argmax;
    max_forward(oracle(), context, s, x, &argmax);
    test::expect_gradient(max_backward(oracle(), context, s, dy, argmax), test::numerical_gradient(x, [&](const std::vector<double>& at) {
                            return test::dot(max_forward(oracle(), context, s, at, nullptr), dy);
                          }));
    test::expect_gradient(average_backward(oracle(), context, s, dy), test::numerical_gradient(x, [&](const std::vector<double>& at) {
                            return test::dot(average_forward(oracle(), context, s, at), dy);
                          }));
  }
}

}  // namespace
}  // namespace fovea
