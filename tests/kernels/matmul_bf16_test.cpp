// The product of bf16 matrices, in f32: sums of small integers are exact, so every element must be.
#include <gtest/gtest.h>

#include <tuple>
#include <vector>

#include "bf16_table.hpp"
#include "bf16_values.hpp"
#include "comparison.hpp"
#include "support/values.hpp"

namespace fovea {
namespace {

using kernels::MatmulShape;

class MatmulBf16Test : public testing::TestWithParam<std::tuple<std::int64_t, std::int64_t, std::int64_t, bool, bool>> {};

INSTANTIATE_TEST_SUITE_P(Shapes, MatmulBf16Test,
                         testing::Combine(testing::Values(1, 15, 67), testing::Values(1, 31, 70), testing::Values(0, 1, 13, 300),
                                          testing::Bool(), testing::Bool()));

TEST_P(MatmulBf16Test, IntegersAreExact) {
  const auto [m, n, k, transpose_a, transpose_b] = GetParam();
  const MatmulShape shape = test::matmul_shape(m, n, k, transpose_a, transpose_b);
  const std::vector<float> a = test::integer_values<float>((transpose_a ? k : m) * shape.a_stride, 1),
                           b = test::integer_values<float>((transpose_b ? n : k) * shape.b_stride, 2),
                           bias = test::integer_values<float>(n, 3);
  const std::vector<double> wide_bias = test::converted<double>(bias);
  kernels::Context reference_context(1);
  std::vector<double> expected(static_cast<std::size_t>(m * n));
  test::oracle().matmul.forward(reference_context, shape, test::converted<double>(a).data(), test::converted<double>(b).data(),
                                {.bias = wide_bias.data(), .activation = kernels::Activation::relu}, expected.data(), nullptr);
  const std::vector<bf16> half_a = test::rounded(a), half_b = test::rounded(b);
  const auto& matmul = test::bf16_table().bf16.matmul;
  test::expect_equal(test::on_any_threads([&](kernels::Context& context) {
                       std::vector<float> y(expected.size());
                       test::Scratch workspace(matmul.workspace_bytes(context, shape));
                       matmul.forward(context, shape, half_a.data(), half_b.data(),
                                      {.bias = bias.data(), .activation = kernels::Activation::relu}, y.data(), workspace.data());
                       return y;
                     }),
                     expected);
}

}  // namespace
}  // namespace fovea
