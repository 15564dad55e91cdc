// Convolution of bf16 activations against the f64 reference on the same rounded values.
#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

#include "bf16_table.hpp"
#include "bf16_values.hpp"
#include "comparison.hpp"
#include "conv2d_cases.hpp"
#include "support/values.hpp"

namespace fovea {
namespace {

using kernels::Conv2dShape;
using test::ConvCase;
using test::converted;
using test::ConvRunner;
using test::expect_equal;
using test::filter_count;
using test::rounded;
using test::wide;
using test::x_count;
using test::y_count;

/// What the kernels make of an f32 filter.
std::vector<double> as_used(const std::vector<float>& filter) { return wide(rounded(filter)); }

/// One rounding to 8 significant bits, at most 2^-8 of the value, of a sum in f32.
void expect_rounded(const std::vector<bf16>& actual, const std::vector<double>& expected, const std::vector<double>& magnitude,
                    double tolerance) {
  ASSERT_EQ(actual.size(), expected.size());
  for (std::size_t i = 0; i < actual.size(); ++i)
    ASSERT_LE(std::abs(static_cast<double>(static_cast<float>(actual[i])) - expected[i]),
              0x1p-8 * std::abs(expected[i]) + tolerance * magnitude[i])
        << "element " << i << ": " << static_cast<float>(actual[i]) << ", expected " << expected[i];
}
class Conv2dBf16Test : public testing::TestWithParam<ConvCase> {
 protected:
  const Conv2dShape shape_ = GetParam().shape();
  ConvRunner<bf16> fast_{test::bf16_table()};
  ConvRunner<double> reference_{kernels::reference_table()};
};

INSTANTIATE_TEST_SUITE_P(Shapes, Conv2dBf16Test, testing::ValuesIn(test::kConvCases),
                         [](const auto& test) { return std::string(test.param.name); });

TEST_P(Conv2dBf16Test, ForwardIsRoundedOnce) {
  const auto x = rounded(test::random_values<float>(x_count(shape_), 1));
  const auto filter = test::random_values<float>(filter_count(shape_), 2);
  expect_rounded(fast_.forward(shape_, x, filter), reference_.forward(shape_, wide(x), as_used(filter)),
                 reference_.forward(shape_, test::absolute(wide(x)), test::absolute(as_used(filter))),
                 test::sum_tolerance(filter_count(shape_) / shape_.k));
}

TEST_P(Conv2dBf16Test, BackwardDataIsRoundedOnce) {
  const auto dy = rounded(test::random_values<float>(y_count(shape_), 1));
  const auto filter = test::random_values<float>(filter_count(shape_), 2);
  expect_rounded(fast_.backward_data(shape_, dy, filter), reference_.backward_data(shape_, wide(dy), as_used(filter)),
                 reference_.backward_data(shape_, test::absolute(wide(dy)), test::absolute(as_used(filter))),
                 test::sum_tolerance(shape_.r * shape_.s * shape_.k / shape_.groups));
}

TEST_P(Conv2dBf16Test, BackwardFilterIsClose) {
  const auto x = rounded(test::random_values<float>(x_count(shape_), 1)), dy = rounded(test::random_values<float>(y_count(shape_), 2));
  test::expect_close(fast_.backward_filter(shape_, x, dy), reference_.backward_filter(shape_, wide(x), wide(dy)),
                     reference_.backward_filter(shape_, test::absolute(wide(x)), test::absolute(wide(dy))),
                     test::sum_tolerance(shape_.n * shape_.p * shape_.q));
}

// Sums of small integers are exact in f32: only the last rounding is left.
TEST_P(Conv2dBf16Test, IntegersAreExact) {
  const auto x = rounded(test::integer_values<float>(x_count(shape_), 1)), dy = rounded(test::integer_values<float>(y_count(shape_), 3));
  const auto filter = test::integer_values<float>(filter_count(shape_), 2);
  expect_equal(fast_.forward(shape_, x, filter), reference_.forward(shape_, wide(x), converted<double>(filter)));
  expect_equal(fast_.backward_data(shape_, dy, filter), reference_.backward_data(shape_, wide(dy), converted<double>(filter)));
  expect_equal(fast_.backward_filter(shape_, x, dy), reference_.backward_filter(shape_, wide(x), wide(dy)));
}

TEST_P(Conv2dBf16Test, EpilogueIsExactOnIntegers) {
  const auto x = rounded(test::integer_values<float>(x_count(shape_), 1)),
             residual = rounded(test::integer_values<float>(y_count(shape_), 5));
  const auto filter = test::integer_values<float>(filter_count(shape_), 2), bias = test::integer_values<float>(shape_.k, 3),
             scale = test::integer_values<float>(shape_.k, 4);
  const std::vector<double> wide_bias = converted<double>(bias), wide_scale = converted<double>(scale), wide_residual = wide(residual);
  for (const auto activation : {kernels::Activation::none, kernels::Activation::leaky_relu, kernels::Activation::relu6})
    expect_equal(
        fast_.forward(shape_, x, filter,
                      {.scale = scale.data(), .bias = bias.data(), .residual = residual.data(), .activation = activation, .slope = 0.25f}),
        reference_.forward(shape_, wide(x), converted<double>(filter),
                           {.scale = wide_scale.data(),
                            .bias = wide_bias.data(),
                            .residual = wide_residual.data(),
                            .activation = activation,
                            .slope = 0.25f}));
}

TEST_P(Conv2dBf16Test, BitsDoNotDependOnThreads) {
  const auto x = rounded(test::random_values<float>(x_count(shape_), 1)), dy = rounded(test::random_values<float>(y_count(shape_), 3));
  const auto filter = test::random_values<float>(filter_count(shape_), 2);
  for (const int threads : {2, 3}) {
    ConvRunner<bf16> parallel(test::bf16_table(), threads);
    EXPECT_TRUE(test::same_bits(parallel.forward(shape_, x, filter), fast_.forward(shape_, x, filter)));
    EXPECT_TRUE(test::same_bits(parallel.backward_data(shape_, dy, filter), fast_.backward_data(shape_, dy, filter)));
    EXPECT_TRUE(test::same_bits(parallel.backward_filter(shape_, x, dy), fast_.backward_filter(shape_, x, dy)));
  }
}

// More filter cells than one table of row pointers holds: sums wait beside their tile.
TEST(Conv2dBf16, SumsOfManyTapsAreRoundedOnce) {
  const Conv2dShape shape = ConvCase{.name = "", .n = 1, .h = 12, .w = 13, .c = 11, .k = 35, .r = 9, .s = 10}.shape();
  ConvRunner<bf16> fast(test::bf16_table());
  ConvRunner<double> reference(kernels::reference_table());
  const auto x = rounded(test::integer_values<float>(x_count(shape), 1));
  const auto filter = test::integer_values<float>(filter_count(shape), 2);
  expect_equal(fast.forward(shape, x, filter), reference.forward(shape, wide(x), converted<double>(filter)));
}

}  // namespace
}  // namespace fovea
