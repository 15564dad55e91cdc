#include "comparison.hpp"
#include "support/values.hpp"

namespace fovea {
namespace {

using kernels::Context;
using test::absolute, test::converted, test::integer_values, test::on_any_threads, test::oracle, test::random_values;

template <class T>
std::vector<T> sum(const kernels::TypedKernels<T>& kernels, Context& context, const std::vector<T>& x) {
  const auto count = static_cast<std::int64_t>(x.size());
  test::Scratch scratch(kernels.reduce.sum_workspace_bytes(count));
  std::vector<T> y{-1};
  kernels.reduce.sum(context, count, x.data(), y.data(), scratch.data());
  return y;
}

struct Matrix {
  std::int64_t rows, columns, pitch;
};

template <class T>
std::vector<T> sum_rows(const kernels::TypedKernels<T>& kernels, Context& context, const Matrix& m, const std::vector<T>& x) {
  test::Scratch scratch(kernels.reduce.sum_rows_workspace_bytes(m.rows, m.columns));
  std::vector<T> y(static_cast<std::size_t>(m.columns), T{-1});
  kernels.reduce.sum_rows(context, m.rows, m.columns, m.pitch, x.data(), y.data(), scratch.data());
  return y;
}

TEST(Reduce, SumIsTheReferences) {
  for (const auto& [name, kernels] : test::f32_kernels())
    for (const std::int64_t count : {0, 1, 3, 15, 16, 17, 127, 128, 129, 1000, 32768, 32769, 200003}) {
      SCOPED_TRACE(std::string(name) + ", " + std::to_string(count));
      Context context(1);
      const auto x = random_values<float>(count, 1);
      const auto x64 = converted<double>(x);
      test::expect_close(on_any_threads([&](Context& any) { return sum(kernels, any, x); }), sum(oracle(), context, x64),
                         sum(oracle(), context, absolute(x64)), 1e-6);
      const auto integers = integer_values<float>(count, 2);
      EXPECT_EQ(converted<double>(sum(kernels, context, integers)), sum(oracle(), context, converted<double>(integers)));
    }
}

TEST(Reduce, ALongSumOfEqualTermsStaysAccurate) {
  const std::vector<float> x(3'000'000, 0.1f);  // added one to another in f32 these would give 2.9% too much
  for (const auto& [name, kernels] : test::f32_kernels()) {
    Context context(2);
    const double expected = 3e6 * static_cast<double>(0.1f);
    EXPECT_NEAR(sum(kernels, context, x)[0], expected, 1e-6 * expected) << name;
  }
}

TEST(Reduce, SumOfRowsIsTheReferences) {
  const Matrix cases[] = {{0, 5, 5},      {1, 1, 1},     {3, 1, 4},        {7, 3, 3},    {255, 15, 15},    {256, 16, 20},  {257, 17, 17},
                          {1000, 31, 31}, {513, 64, 64}, {70, 1000, 1003}, {2000, 6, 6}, {65, 2053, 2053}, {60000, 10, 10}};
  for (const auto& [name, kernels] : test::f32_kernels())
    for (const Matrix& m : cases) {
      SCOPED_TRACE(std::string(name) + ", " + std::to_string(m.rows) + " rows of " + std::to_string(m.columns));
      Context context(1);
      const auto x = random_values<float>(m.rows * m.pitch, 1);
      const auto x64 = converted<double>(x);
      test::expect_close(on_any_threads([&](Context& any) { return sum_rows(kernels, any, m, x); }), sum_rows(oracle(), context, m, x64),
                         sum_rows(oracle(), context, m, absolute(x64)), test::sum_tolerance(m.rows));
      const auto integers = integer_values<float>(m.rows * m.pitch, 2);
      EXPECT_EQ(converted<double>(sum_rows(kernels, context, m, integers)), sum_rows(oracle(), context, m, converted<double>(integers)));
    }
}

TEST(Reduce, HandWorkedSumOfRows) {
  const std::vector<float> x{1, 2, 99, 3, 4, 99, 5, 6, 99};
  for (const auto& [name, kernels] : test::f32_kernels()) {
    Context context(1);
    EXPECT_EQ(sum_rows(kernels, context, {3, 2, 3}, x), (std::vector<float>{9, 12})) << name;
    EXPECT_EQ(sum(kernels, context, x), (std::vector<float>{318})) << name;
  }
}

}  // namespace
}  // namespace fovea
