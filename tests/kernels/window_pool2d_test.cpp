#include <cmath>
#include <limits>

#include "comparison.hpp"
#include "support/values.hpp"

namespace fovea {
namespace {

using kernels::AxisRange, kernels::Context, kernels::WindowPool2dShape;
using test::absolute, test::converted, test::integer_values, test::on_any_threads, test::oracle, test::random_values;

/// The windows that hold each cell, by looking at all of them.
std::vector<AxisRange> holders(std::int64_t extent, const std::vector<AxisRange>& windows) {
  std::vector<AxisRange> result;
  for (std::int64_t cell = 0; cell < extent; ++cell) {
    AxisRange range{0, 0};
    for (std::int64_t i = 0; i < static_cast<std::int64_t>(windows.size()); ++i) {
      const AxisRange& window = windows[static_cast<std::size_t>(i)];
      if (cell < window.begin || cell >= window.end) continue;
      if (range.begin == range.end) range.begin = i;
      range.end = i + 1;
    }
    result.push_back(range);
  }
  return result;
}

struct WindowCase {
  const char* name;
  std::int64_t n, h, w, c;
  std::vector<AxisRange> rows, columns;
  std::vector<AxisRange> row_windows = holders(h, rows), column_windows = holders(w, columns);

  WindowPool2dShape shape() const {
    return {.n = n,
            .h = h,
            .w = w,
            .c = c,
            .p = static_cast<std::int64_t>(rows.size()),
            .q = static_cast<std::int64_t>(columns.size()),
            .rows = rows.data(),
            .columns = columns.data(),
            .row_windows = row_windows.data(),
            .column_windows = column_windows.data()};
  }
};

const std::vector<WindowCase>& cases() {
  static const std::vector<WindowCase> list = {
      {"whole image", 2, 7, 7, 33, {{0, 7}}, {{0, 7}}},
      {"one pixel", 1, 1, 1, 1, {{0, 1}}, {{0, 1}}},
      {"overlapping", 2, 5, 7, 15, {{0, 2}, {1, 4}, {3, 5}}, {{0, 3}, {2, 5}, {4, 7}}},
      {"more windows than cells", 1, 2, 3, 17, {{0, 1}, {0, 1}, {0, 2}, {1, 2}, {1, 2}}, {{0, 1}, {0, 2}, {1, 3}, {2, 3}}},
      {"cells in no window", 1, 6, 5, 3, {{1, 2}, {4, 6}}, {{0, 1}, {3, 4}}},
      {"lanes", 3, 4, 6, 16, {{0, 2}, {2, 4}}, {{0, 2}, {2, 4}, {4, 6}}},
      {"a large image", 2, 70, 61, 5, {{0, 24}, {23, 47}, {46, 70}}, {{0, 61}}},
      {"empty batch", 0, 4, 4, 3, {{0, 4}}, {{0, 4}}},
      {"no channels", 2, 4, 4, 0, {{0, 4}}, {{0, 4}}},
  };
  return list;
}

std::int64_t x_count(const WindowPool2dShape& s) { return s.n * s.h * s.w * s.c; }
std::int64_t y_count(const WindowPool2dShape& s) { return s.n * s.p * s.q * s.c; }

/// operation(kernels of the group, context, result) into `count` elements.
template <class T, class Operation>
std::vector<T> result_of(const kernels::TypedKernels<T>& kernels, Context& context, std::int64_t count, Operation operation) {
  std::vector<T> result(static_cast<std::size_t>(count), static_cast<T>(77));
  operation(kernels.window_pool2d, context, result.data());
  return result;
}

TEST(WindowPool2d, HandWorked) {
  const WindowCase pool{"", 1, 2, 3, 1, {{0, 1}, {0, 2}}, {{0, 2}, {1, 3}}};
  const WindowPool2dShape s = pool.shape();
  const std::vector<float> x{1, 5, 2, 9, 3, 4}, dy{4, 8, 12, 16};
  for (const auto& [name, kernels] : test::f32_kernels()) {
    SCOPED_TRACE(name);
    Context context(1);
    std::vector<std::int32_t> argmax(4);
    EXPECT_EQ(result_of(kernels, context, 4, [&](const auto& k, Context& c, float* y) { k.max_forward(c, s, x.data(), y, argmax.data()); }),
              (std::vector<float>{5, 5, 9, 5}));
    EXPECT_EQ(argmax, (std::vector<std::int32_t>{1, 1, 3, 1}));
    EXPECT_EQ(
        result_of(kernels, context, 6, [&](const auto& k, Context& c, float* dx) { k.max_backward(c, s, dy.data(), argmax.data(), dx); }),
        (std::vector<float>{0, 28, 0, 12, 0, 0}));
    EXPECT_EQ(result_of(kernels, context, 4, [&](const auto& k, Context& c, float* y) { k.average_forward(c, s, x.data(), y); }),
              (std::vector<float>{3, 3.5, 4.5, 3.5}));
    EXPECT_EQ(result_of(kernels, context, 6, [&](const auto& k, Context& c, float* dx) { k.average_backward(c, s, dy.data(), dx); }),
              (std::vector<float>{5, 13, 8, 3, 7, 4}));
  }
}

TEST(WindowPool2d, ANanWins) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const WindowCase pool{"", 1, 1, 4, 1, {{0, 1}}, {{0, 4}}};
  const std::vector<float> x{1, nan, 5, nan};
  for (const auto& [name, kernels] : test::f32_kernels()) {
    SCOPED_TRACE(name);
    Context context(1);
    std::int32_t place = -1;
    float y = 0;
    kernels.window_pool2d.max_forward(context, pool.shape(), x.data(), &y, &place);
    EXPECT_TRUE(std::isnan(y));
    EXPECT_EQ(place, 1);
  }
}

TEST(WindowPool2d, MaximumIsTheReferences) {
  for (const auto& [name, kernels] : test::f32_kernels())
    for (const WindowCase& pool : cases()) {
      SCOPED_TRACE(std::string(name) + ", " + pool.name);
      const WindowPool2dShape s = pool.shape();
      const auto x = integer_values<float>(x_count(s), 1), dy = integer_values<float>(y_count(s), 2);  // with many equal cells
      const auto x64 = converted<double>(x), dy64 = converted<double>(dy);
      Context context(1);
      std::vector<std::int32_t> argmax(dy.size()), expected_argmax(dy.size());
      const auto expected = result_of(oracle(), context, y_count(s), [&](const auto& k, Context& c, double* y) {
        k.max_forward(c, s, x64.data(), y, expected_argmax.data());
      });
      const auto y = on_any_threads([&](Context& any) {
        return result_of(kernels, any, y_count(s),
                         [&](const auto& k, Context& c, float* out) { k.max_forward(c, s, x.data(), out, argmax.data()); });
      });
      EXPECT_EQ(converted<double>(y), expected);
      EXPECT_EQ(argmax, expected_argmax);
      EXPECT_EQ(result_of(kernels, context, y_count(s),
                          [&](const auto& k, Context& c, float* out) { k.max_forward(c, s, x.data(), out, nullptr); }),
                y);
      const auto dx = on_any_threads([&](Context& any) {
        return result_of(kernels, any, x_count(s),
                         [&](const auto& k, Context& c, float* out) { k.max_backward(c, s, dy.data(), argmax.data(), out); });
      });
      EXPECT_EQ(converted<double>(dx), result_of(oracle(), context, x_count(s), [&](const auto& k, Context& c, double* out) {
                  k.max_backward(c, s, dy64.data(), argmax.data(), out);
                }));
    }
}

TEST(WindowPool2d, AverageIsTheReferences) {
  for (const auto& [name, kernels] : test::f32_kernels())
    for (const WindowCase& pool : cases()) {
      SCOPED_TRACE(std::string(name) + ", " + pool.name);
      const WindowPool2dShape s = pool.shape();
      const auto x = random_values<float>(x_count(s), 1), dy = random_values<float>(y_count(s), 2);
      Context context(1);
      const auto forward = [&](const std::vector<double>& at) {
        return result_of(oracle(), context, y_count(s),
                         [&](const auto& k, Context& c, double* y) { k.average_forward(c, s, at.data(), y); });
      };
      const auto backward = [&](const std::vector<double>& at) {
        return result_of(oracle(), context, x_count(s),
                         [&](const auto& k, Context& c, double* dx) { k.average_backward(c, s, at.data(), dx); });
      };
      const auto x64 = converted<double>(x), dy64 = converted<double>(dy);
      test::expect_close(on_any_threads([&](Context& any) {
                           return result_of(kernels, any, y_count(s),
                                            [&](const auto& k, Context& c, float* y) { k.average_forward(c, s, x.data(), y); });
                         }),
                         forward(x64), forward(absolute(x64)), 1e-6);
      test::expect_close(on_any_threads([&](Context& any) {
                           return result_of(kernels, any, x_count(s),
                                            [&](const auto& k, Context& c, float* dx) { k.average_backward(c, s, dy.data(), dx); });
                         }),
                         backward(dy64), backward(absolute(dy64)), 1e-6);
    }
}

TEST(WindowPool2d, Bf16IsTheReferences) {
  const kernels::TypedKernels<bf16>&active = kernels::cpu_table(active_isa()).bf16, &reference = kernels::reference_table().bf16;
  for (const WindowCase& pool : cases()) {
    SCOPED_TRACE(pool.name);
    const WindowPool2dShape s = pool.shape();
    const auto x = random_values<bf16>(x_count(s), 1), dy = random_values<bf16>(y_count(s), 2);
    std::vector<std::int32_t> argmax(dy.size());
    const auto compare = [&](std::int64_t count, double tolerance, auto operation) {
      Context context(1);
      const auto actual = on_any_threads([&](Context& any) { return result_of(active, any, count, operation); });
      const auto expected = result_of(reference, context, count, operation);
      for (std::size_t i = 0; i < expected.size(); ++i)
        ASSERT_LE(std::abs(static_cast<double>(actual[i]) - static_cast<double>(expected[i])),
                  tolerance * (0x1p-7 * std::abs(static_cast<double>(expected[i])) + 1e-6));
    };
    compare(y_count(s), 0, [&](const auto& k, Context& c, bf16* y) { k.max_forward(c, s, x.data(), y, argmax.data()); });
    compare(x_count(s), 1, [&](const auto& k, Context& c, bf16* dx) { k.max_backward(c, s, dy.data(), argmax.data(), dx); });
    compare(y_count(s), 1, [&](const auto& k, Context& c, bf16* y) { k.average_forward(c, s, x.data(), y); });
    compare(x_count(s), 1, [&](const auto& k, Context& c, bf16* dx) { k.average_backward(c, s, dy.data(), dx); });
  }
}

}  // namespace
}  // namespace fovea
