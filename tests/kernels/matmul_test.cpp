// The matrix product: the reference against a hand-worked example, the fast kernels against the reference.
#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <tuple>
#include <vector>

#include "comparison.hpp"
#include "fovea/kernels/kernel_table.hpp"
#include "support/values.hpp"

namespace fovea {
namespace {

using kernels::MatmulShape;
using test::converted;
using test::expect_equal;

template <class T>
constexpr T kUntouched = 77;

std::int64_t a_count(const MatmulShape& s) { return (s.transpose_a ? s.k : s.m) * s.a_stride; }
std::int64_t b_count(const MatmulShape& s) { return (s.transpose_b ? s.n : s.k) * s.b_stride; }

template <class T>
std::vector<T> multiply(const kernels::KernelTable& table, const MatmulShape& shape, const std::vector<T>& a, const std::vector<T>& b,
                        const kernels::Epilogue<T>& epilogue = {}, int threads = 1) {
  const kernels::MatmulKernels<T>& matmul = table.of<T>().matmul;
  kernels::Context context(threads);
  std::vector<T> y(static_cast<std::size_t>(shape.m * shape.y_stride), kUntouched<T>);
  test::Scratch workspace(matmul.workspace_bytes(context, shape));
  matmul.forward(context, shape, a.data(), b.data(), epilogue, y.data(), workspace.data());
  return y;
}

TEST(MatmulReference, WorkedExample) {
  const std::vector<double> a{1, 2, 3, 4, 5, 6}, b{7, 8, 9, 10, 11, 12};
  const MatmulShape shape{.m = 2, .n = 2, .k = 3, .a_stride = 3, .b_stride = 2, .y_stride = 2};
  EXPECT_EQ(multiply(kernels::reference_table(), shape, a, b), (std::vector<double>{58, 64, 139, 154}));
}

TEST(MatmulReference, TransposedOperandsAreReadByColumns) {
  const std::vector<double> a{1, 4, 2, 5, 3, 6}, b{7, 9, 11, 8, 10, 12};
  const MatmulShape shape{.m = 2, .n = 2, .k = 3, .transpose_a = true, .transpose_b = true, .a_stride = 2, .b_stride = 3, .y_stride = 2};
  EXPECT_EQ(multiply(kernels::reference_table(), shape, a, b), (std::vector<double>{58, 64, 139, 154}));
}

struct Extents {
  std::int64_t m, n, k;
};

/// Extents, transpose_a, transpose_b, and whether rows have gaps.
class MatmulTest : public testing::TestWithParam<std::tuple<Extents, bool, bool, bool>> {
 protected:
  static MatmulShape make_shape() {
    const auto [extents, transpose_a, transpose_b, gaps] = GetParam();
    const auto [m, n, k] = extents;
    return {.m = m,
            .n = n,
            .k = k,
            .transpose_a = transpose_a,
            .transpose_b = transpose_b,
            .a_stride = (transpose_a ? m : k) + (gaps ? 3 : 0),
            .b_stride = (transpose_b ? k : n) + (gaps ? 5 : 0),
            .y_stride = n + (gaps ? 7 : 0)};
  }
  const MatmulShape shape_ = make_shape();
};

std::string case_name(const testing::TestParamInfo<MatmulTest::ParamType>& test) {
  const auto& [extents, transpose_a, transpose_b, gaps] = test.param;
  return std::to_string(extents.m) + "x" + std::to_string(extents.n) + "x" + std::to_string(extents.k) + "_" + (transpose_a ? "T" : "N") +
         (transpose_b ? "T" : "N") + (gaps ? "_gaps" : "");
}

INSTANTIATE_TEST_SUITE_P(Shapes, MatmulTest,
                         testing::Combine(testing::Values(Extents{1, 1, 1}, Extents{1, 33, 70}, Extents{29, 1, 5}, Extents{17, 31, 13},
                                                          Extents{6, 16, 32}, Extents{14, 32, 64}, Extents{64, 100, 245},
                                                          Extents{3, 5, 9000}, Extents{40, 70, 1500}, Extents{2, 3, 20000}),
                                          testing::Bool(), testing::Bool(), testing::Bool()),
                         case_name);

TEST_P(MatmulTest, IsClose) {
  const auto a = test::random_values<float>(a_count(shape_), 1), b = test::random_values<float>(b_count(shape_), 2);
  const auto expected = multiply(kernels::reference_table(), shape_, converted<double>(a), converted<double>(b));
  auto magnitude = multiply(kernels::reference_table(), shape_, test::absolute(converted<double>(a)), test::absolute(converted<double>(b)));
  for (std::size_t i = 0; i < magnitude.size(); ++i)
    if (static_cast<std::int64_t>(i) % shape_.y_stride >= shape_.n) magnitude[i] = 0;  // gaps are untouched exactly
  test::expect_close(multiply(kernels::table(), shape_, a, b), expected, magnitude, test::sum_tolerance(shape_.k));
}

TEST_P(MatmulTest, IntegersAreExactWithEveryEpilogue) {
  const auto a = test::integer_values<float>(a_count(shape_), 1), b = test::integer_values<float>(b_count(shape_), 2),
             bias = test::integer_values<float>(shape_.n, 3);
  const std::vector<double> wide_bias = converted<double>(bias);
  for (const bool with_bias : {false, true})
    for (const auto activation : {kernels::Activation::none, kernels::Activation::relu})
      expect_equal(multiply(kernels::table(), shape_, a, b, {.bias = with_bias ? bias.data() : nullptr, .activation = activation}),
                   multiply(kernels::reference_table(), shape_, converted<double>(a), converted<double>(b),
                            {.bias = with_bias ? wide_bias.data() : nullptr, .activation = activation}));
}

TEST_P(MatmulTest, BitsDoNotDependOnThreads) {
  const auto a = test::random_values<float>(a_count(shape_), 1), b = test::random_values<float>(b_count(shape_), 2);
  const auto alone = multiply(kernels::table(), shape_, a, b);
  for (const int threads : {2, 3}) EXPECT_EQ(multiply(kernels::table(), shape_, a, b, {}, threads), alone);
}

TEST(MatmulEmpty, NoTermsGiveTheEpilogueOfZero) {
  const std::vector<float> bias{1, -2, 3};
  for (const bool transpose_a : {false, true})
    for (const bool transpose_b : {false, true}) {
      const MatmulShape shape{
          .m = 2, .n = 3, .k = 0, .transpose_a = transpose_a, .transpose_b = transpose_b, .a_stride = 2, .b_stride = 3, .y_stride = 3};
      EXPECT_EQ(multiply<float>(kernels::table(), shape, {}, {}, {.bias = bias.data(), .activation = kernels::Activation::relu}),
                (std::vector<float>{1, 0, 3, 1, 0, 3}));
    }
}

TEST(MatmulEmpty, NoRowsOrColumnsTouchNothing) {
  for (const bool transpose_a : {false, true}) {
    EXPECT_TRUE(multiply<float>(kernels::table(),
                                {.m = 0, .n = 3, .k = 4, .transpose_a = transpose_a, .a_stride = 4, .b_stride = 3, .y_stride = 3}, {},
                                std::vector<float>(12))
                    .empty());
    EXPECT_EQ(
        multiply<float>(kernels::table(), {.m = 2, .n = 0, .k = 2, .transpose_a = transpose_a, .a_stride = 2, .b_stride = 1, .y_stride = 1},
                        std::vector<float>(4), std::vector<float>(2)),
        (std::vector<float>(2, kUntouched<float>)));
  }
}

}  // namespace
}  // namespace fovea
