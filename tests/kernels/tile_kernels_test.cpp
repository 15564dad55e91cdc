// Products on tile registers: the extents at which their blocks, steps and cuts end, and the instruction's own arithmetic.
#include <gtest/gtest.h>

#include <string>
#include <tuple>
#include <vector>

#include "bf16_table.hpp"
#include "bf16_values.hpp"
#include "comparison.hpp"
#include "conv2d_fixture.hpp"
#include "support/values.hpp"

namespace fovea {
namespace {

using kernels::Context;
using kernels::Conv2dShape;
using kernels::MatmulShape;
using test::ConvCase;
using test::ConvRunner;
using test::rounded;

std::vector<float> product(const MatmulShape& shape, const std::vector<float>& a, const std::vector<float>& b) {
  const auto& matmul = test::bf16_table().bf16.matmul;
  const std::vector<bf16> half_a = rounded(a), half_b = rounded(b);
  return test::on_any_threads([&](Context& context) {
    std::vector<float> y(static_cast<std::size_t>(shape.m * shape.y_stride), -1);
    test::Scratch workspace(matmul.workspace_bytes(context, shape));
    matmul.forward(context, shape, half_a.data(), half_b.data(), {}, y.data(), workspace.data());
    return y;
  });
}

class TileMatmulTest : public testing::TestWithParam<std::tuple<std::int64_t, std::int64_t, std::int64_t, bool, bool>> {};

// Around a tile (16), the blocks that share a panel (64), a cut (640 values), and the panels of a task (8 of 32 columns).
INSTANTIATE_TEST_SUITE_P(Shapes, TileMatmulTest,
                         testing::Combine(testing::Values(0, 16, 97), testing::Values(1, 33, 290), testing::Values(31, 640, 1301),
                                          testing::Bool(), testing::Bool()));

TEST_P(TileMatmulTest, IntegersAreExact) {
  const auto [m, n, k, transpose_a, transpose_b] = GetParam();
  const MatmulShape shape = test::matmul_shape(m, n, k, transpose_a, transpose_b, 2);
  const std::vector<float> a = test::integer_values<float>((transpose_a ? k : m) * shape.a_stride, 1),
                           b = test::integer_values<float>((transpose_b ? n : k) * shape.b_stride, 2);
  Context context(1);
  std::vector<double> expected(static_cast<std::size_t>(m * shape.y_stride), -1);
  test::oracle().matmul.forward(context, shape, test::converted<double>(a).data(), test::converted<double>(b).data(), {}, expected.data(),
                                nullptr);
  test::expect_equal(product(shape, a, b), expected);
}

class TileConv2dTest : public testing::TestWithParam<ConvCase> {};

INSTANTIATE_TEST_SUITE_P(
    Shapes, TileConv2dTest,
    testing::Values(
        // Channels in whole steps: tiles are read in place within a line of 16 pixels, and copied at its ends.
        ConvCase{
            .name = "wide_lines", .n = 1, .h = 3, .w = 56, .c = 64, .k = 64, .r = 3, .s = 3, .top = 1, .bottom = 1, .left = 1, .right = 1},
        ConvCase{
            .name = "narrow_lines", .n = 3, .h = 7, .w = 7, .c = 32, .k = 96, .r = 3, .s = 3, .top = 1, .bottom = 1, .left = 1, .right = 1},
        ConvCase{.name = "two_cuts_of_taps", .n = 1, .h = 5, .w = 20, .c = 96, .k = 33, .r = 3, .s = 3, .top = 1, .left = 1},
        ConvCase{.name = "cuts_within_a_tap", .n = 1, .h = 4, .w = 17, .c = 704, .k = 40, .r = 1, .s = 2},
        ConvCase{.name = "stride_of_whole_steps",
                 .n = 2,
                 .h = 9,
                 .w = 40,
                 .c = 64,
                 .k = 32,
                 .r = 3,
                 .s = 3,
                 .stride_h = 2,
                 .stride_w = 2,
                 .top = 1,
                 .left = 1},
        ConvCase{.name = "all_lines_in_one", .n = 2, .h = 8, .w = 6, .c = 32, .k = 64, .r = 1, .s = 1},
        // Channels that leave part of a step: rows are copied tap behind tap.
        ConvCase{.name = "odd_channels",
                 .n = 1,
                 .h = 5,
                 .w = 19,
                 .c = 47,
                 .k = 65,
                 .r = 3,
                 .s = 3,
                 .top = 1,
                 .bottom = 1,
                 .left = 1,
                 .right = 1},
        ConvCase{.name = "odd_channels_in_cuts", .n = 1, .h = 3, .w = 5, .c = 683, .k = 20, .r = 2, .s = 2}),
    [](const auto& test) { return std::string(test.param.name); });

TEST_P(TileConv2dTest, AllPassesAreExactOnIntegers) {
  const Conv2dShape shape = GetParam().shape();
  ConvRunner<bf16> fast(test::bf16_table());
  ConvRunner<double> reference(kernels::reference_table());
  const auto x = test::integer_values<float>(test::x_count(shape), 1), dy = test::integer_values<float>(test::y_count(shape), 3);
  const auto filter = test::integer_values<float>(test::filter_count(shape), 2);
  const auto wide_x = test::converted<double>(x), wide_dy = test::converted<double>(dy), wide_filter = test::converted<double>(filter);
  test::expect_equal(fast.forward(shape, rounded(x), filter), reference.forward(shape, wide_x, wide_filter));
  test::expect_equal(fast.backward_data(shape, rounded(dy), filter), reference.backward_data(shape, wide_dy, wide_filter));
  test::expect_equal(fast.backward_filter(shape, rounded(x), rounded(dy)), reference.backward_filter(shape, wide_x, wide_dy));
}

/// One result by hand: even and odd values are summed apart, the two sums meet at the end of each step of 32 values.
TEST(TileProduct, SumsInTheOrderOfTheInstruction) {
  const MatmulShape shape{.m = 1, .n = 1, .k = 64, .a_stride = 64, .b_stride = 1, .y_stride = 1};
  const std::vector<float> ones(64, 1);
  std::vector<float> a(64, 0);
  constexpr float kLarge = 0x1p24f;  // 2^24 + 1 is not representable, and the sum stays
  a[0] = kLarge, a[2] = 1, a[4] = -kLarge;
  EXPECT_EQ(product(shape, a, ones)[0], 0) << "all in the even sum";
  a[2] = 0, a[3] = 1;
  EXPECT_EQ(product(shape, a, ones)[0], 1) << "one in the odd sum";
  a[3] = 0, a[4] = 0, a[32] = 1, a[33] = -kLarge;
  EXPECT_EQ(product(shape, a, ones)[0], 1) << "1 - 2^24 first, in the second step";
}

TEST(TileProduct, SubnormalNumbersAreZero) {
  const MatmulShape shape{.m = 1, .n = 1, .k = 2, .a_stride = 2, .b_stride = 1, .y_stride = 1};
  EXPECT_EQ(product(shape, {0x1p-130f, 0}, {0x1p100f, 0})[0], 0) << "read";
  EXPECT_EQ(product(shape, {0x1p-100f, 0}, {0x1p-30f, 0})[0], 0) << "written";
  EXPECT_EQ(product(shape, {0x1p-100f, 0}, {0x1p-26f, 0})[0], 0x1p-126f) << "the smallest normal one";
}

}  // namespace
}  // namespace fovea
