// Convolution: the reference against hand-worked examples and its own adjoints, the fast kernels against the reference.
#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

#include "comparison.hpp"
#include "conv2d_cases.hpp"
#include "support/values.hpp"

namespace fovea {
namespace {

using kernels::Conv2dShape;
using test::ConvCase;
using test::converted;
using test::ConvRunner;
using test::dot;
using test::expect_equal;
using test::filter_count;
using test::x_count;
using test::y_count;

ConvRunner<double> reference() { return ConvRunner<double>(kernels::reference_table()); }

// -- The reference ---------------------------------------------------------------------------------------------------------------

// Size rules: a filter of f on n without padding gives n - f + 1; "same" padding keeps n; stride s gives (n + 2p - f) / s + 1, rounded
// down.
TEST(Conv2dReference, SizeRules) {
  EXPECT_EQ(ConvCase::output(6, 3, 1, 1, 0), 4);
  EXPECT_EQ(ConvCase::output(6, 3, 1, 1, 2), 6);
  EXPECT_EQ(ConvCase::output(7, 3, 2, 1, 0), 3);
  EXPECT_EQ(ConvCase::output(224, 7, 2, 1, 6), 112);
}

// (a,b,c,d) * (x,y,z) with one zero on each side = (ay+bz, ax+by+cz, bx+cy+dz, cx+dy)
TEST(Conv2dReference, OneDimensionalExample) {
  const double a = 2, b = 3, c = 5, d = 7, x = 11, y = 13, z = 17;
  const Conv2dShape shape = ConvCase{.name = "", .n = 1, .h = 1, .w = 4, .c = 1, .k = 1, .r = 1, .s = 3, .left = 1, .right = 1}.shape();
  EXPECT_EQ(reference().forward(shape, {a, b, c, d}, {x, y, z}),
            (std::vector<double>{a * y + b * z, a * x + b * y + c * z, b * x + c * y + d * z, c * x + d * y}));
}

// The same with stride 2 = (ay+bz, bx+cy+dz)
TEST(Conv2dReference, OneDimensionalExampleWithStride) {
  const double a = 2, b = 3, c = 5, d = 7, x = 11, y = 13, z = 17;
  const Conv2dShape shape =
      ConvCase{.name = "", .n = 1, .h = 1, .w = 4, .c = 1, .k = 1, .r = 1, .s = 3, .stride_w = 2, .left = 1, .right = 1}.shape();
  EXPECT_EQ(reference().forward(shape, {a, b, c, d}, {x, y, z}), (std::vector<double>{a * y + b * z, b * x + c * y + d * z}));
}

// A vertical edge filter on a step: 10 left of the edge, 0 right of it gives a band of 30.
TEST(Conv2dReference, VerticalEdge) {
  const Conv2dShape shape = ConvCase{.name = "", .n = 1, .h = 3, .w = 6, .c = 1, .k = 1, .r = 3, .s = 3}.shape();
  EXPECT_EQ(reference().forward(shape, {10, 10, 10, 0, 0, 0, 10, 10, 10, 0, 0, 0, 10, 10, 10, 0, 0, 0}, {1, 0, -1, 1, 0, -1, 1, 0, -1}),
            (std::vector<double>{0, 30, 30, 0}));
}

// Two groups of one channel in and two out: no channel reads the other group.
TEST(Conv2dReference, Groups) {
  const Conv2dShape shape = ConvCase{.name = "", .n = 1, .h = 1, .w = 1, .c = 2, .k = 4, .r = 1, .s = 1, .groups = 2}.shape();
  EXPECT_EQ(reference().forward(shape, {3, 5}, {1, 2, 10, 20}), (std::vector<double>{3, 6, 50, 100}));
}

TEST(Conv2dReference, EpilogueAddsBiasThenClips) {
  const Conv2dShape shape = ConvCase{.name = "", .n = 1, .h = 1, .w = 1, .c = 1, .k = 3, .r = 1, .s = 1}.shape();
  const std::vector<double> bias{1, 1, -9};
  EXPECT_EQ(reference().forward(shape, {2}, {3, -3, 4}, {.bias = bias.data(), .activation = kernels::Activation::relu}),
            (std::vector<double>{7, 0, 0}));
}

class Conv2dTest : public testing::TestWithParam<ConvCase> {
 protected:
  const Conv2dShape shape_ = GetParam().shape();
  ConvRunner<float> fast_{kernels::table()};
  ConvRunner<double> reference_{kernels::reference_table()};
};

INSTANTIATE_TEST_SUITE_P(Shapes, Conv2dTest, testing::ValuesIn(test::kConvCases),
                         [](const auto& test) { return std::string(test.param.name); });

/// Gaps between pixels hold ConvRunner's marker in every result; its own magnitude must not excuse a difference there.
std::vector<double> without_gaps(std::vector<double> magnitude, std::int64_t channels, std::int64_t pitch) {
  for (std::size_t i = 0; i < magnitude.size(); ++i)
    if (static_cast<std::int64_t>(i) % pitch >= channels) magnitude[i] = 0;
  return magnitude;
}

// <dy, conv(x)> = <dx, x> = <dfilter, filter>: the passes are adjoints of one bilinear map.
TEST_P(Conv2dTest, ReferencePassesAreAdjoint) {
  Conv2dShape dense = shape_;  // gaps have no part in the products
  dense.x_pitch = dense.c;
  dense.y_pitch = dense.k;
  const auto x = test::random_values<double>(x_count(dense), 1), filter = test::random_values<double>(filter_count(dense), 2),
             dy = test::random_values<double>(y_count(dense), 3);
  const double forward = dot(dy, reference_.forward(dense, x, filter));
  const double magnitude = std::sqrt(dot(dy, dy) * dot(x, x) * dot(filter, filter));
  EXPECT_NEAR(dot(reference_.backward_data(dense, dy, filter), x), forward, 1e-12 * magnitude);
  EXPECT_NEAR(dot(reference_.backward_filter(dense, x, dy), filter), forward, 1e-12 * magnitude);
}

TEST_P(Conv2dTest, ForwardIsClose) {
  const auto x = test::random_values<float>(x_count(shape_), 1), filter = test::random_values<float>(filter_count(shape_), 2);
  const auto expected = reference_.forward(shape_, converted<double>(x), converted<double>(filter));
  const auto magnitude = reference_.forward(shape_, test::absolute(converted<double>(x)), test::absolute(converted<double>(filter)));
  test::expect_close(fast_.forward(shape_, x, filter), expected, without_gaps(magnitude, shape_.k, shape_.y_pitch),
                     test::sum_tolerance(filter_count(shape_) / shape_.k));
}

TEST_P(Conv2dTest, BackwardDataIsClose) {
  const auto dy = test::random_values<float>(y_count(shape_), 1), filter = test::random_values<float>(filter_count(shape_), 2);
  const auto expected = reference_.backward_data(shape_, converted<double>(dy), converted<double>(filter));
  const auto magnitude = reference_.backward_data(shape_, test::absolute(converted<double>(dy)), test::absolute(converted<double>(filter)));
  test::expect_close(fast_.backward_data(shape_, dy, filter), expected, without_gaps(magnitude, shape_.c, shape_.x_pitch),
                     test::sum_tolerance(shape_.r * shape_.s * shape_.k / shape_.groups));
}

TEST_P(Conv2dTest, BackwardFilterIsClose) {
  const auto x = test::random_values<float>(x_count(shape_), 1), dy = test::random_values<float>(y_count(shape_), 2);
  const auto expected = reference_.backward_filter(shape_, converted<double>(x), converted<double>(dy));
  const auto magnitude = reference_.backward_filter(shape_, test::absolute(converted<double>(x)), test::absolute(converted<double>(dy)));
  test::expect_close(fast_.backward_filter(shape_, x, dy), expected, magnitude, test::sum_tolerance(shape_.n * shape_.p * shape_.q));
}

// The f32 reference is the f64 one, rounded once.
TEST_P(Conv2dTest, ReferenceInF32IsRoundedOnce) {
  const auto x = test::random_values<float>(x_count(shape_), 1), filter = test::random_values<float>(filter_count(shape_), 2),
             dy = test::random_values<float>(y_count(shape_), 3);
  const std::vector<double> wide_x = converted<double>(x), wide_filter = converted<double>(filter), wide_dy = converted<double>(dy);
  ConvRunner<float> f32(kernels::reference_table());
  EXPECT_EQ(f32.forward(shape_, x, filter), converted<float>(reference_.forward(shape_, wide_x, wide_filter)));
  EXPECT_EQ(f32.backward_data(shape_, dy, filter), converted<float>(reference_.backward_data(shape_, wide_dy, wide_filter)));
  EXPECT_EQ(f32.backward_filter(shape_, x, dy), converted<float>(reference_.backward_filter(shape_, wide_x, wide_dy)));
}

// Sums of small integers are exact in every order: a wrong tap cannot hide in a tolerance. (Winograd's algorithm has fractions.)
TEST_P(Conv2dTest, IntegersAreExact) {
  Conv2dShape shape = shape_;
  shape.choice = kernels::Conv2dChoice::direct;
  const auto x = test::integer_values<float>(x_count(shape), 1), filter = test::integer_values<float>(filter_count(shape), 2),
             dy = test::integer_values<float>(y_count(shape), 3);
  expect_equal(fast_.forward(shape, x, filter), reference_.forward(shape, converted<double>(x), converted<double>(filter)));
  expect_equal(fast_.backward_data(shape, dy, filter), reference_.backward_data(shape, converted<double>(dy), converted<double>(filter)));
  expect_equal(fast_.backward_filter(shape, x, dy), reference_.backward_filter(shape, converted<double>(x), converted<double>(dy)));
}

TEST_P(Conv2dTest, EpilogueIsExactOnIntegers) {
  Conv2dShape shape = shape_;
  shape.choice = kernels::Conv2dChoice::direct;
  const auto x = test::integer_values<float>(x_count(shape), 1), filter = test::integer_values<float>(filter_count(shape), 2),
             bias = test::integer_values<float>(shape.k, 3), scale = test::integer_values<float>(shape.k, 4),
             residual = test::integer_values<float>(y_count(shape), 5);
  const std::vector<double> wide_bias = converted<double>(bias), wide_scale = converted<double>(scale),
                            wide_residual = converted<double>(residual);
  using enum kernels::Activation;
  for (const auto activation : {none, relu, leaky_relu, relu6})
    for (const bool all : {false, true})
      expect_equal(fast_.forward(shape, x, filter,
                                 {.scale = all ? scale.data() : nullptr,
                                  .bias = bias.data(),
                                  .residual = all ? residual.data() : nullptr,
                                  .activation = activation,
                                  .slope = 0.25f}),
                   reference_.forward(shape, converted<double>(x), converted<double>(filter),
                                      {.scale = all ? wide_scale.data() : nullptr,
                                       .bias = wide_bias.data(),
                                       .residual = all ? wide_residual.data() : nullptr,
                                       .activation = activation,
                                       .slope = 0.25f}));
}

TEST_P(Conv2dTest, BitsDoNotDependOnThreads) {
  const auto x = test::random_values<float>(x_count(shape_), 1), filter = test::random_values<float>(filter_count(shape_), 2),
             dy = test::random_values<float>(y_count(shape_), 3);
  for (const int threads : {2, 3}) {
    ConvRunner<float> parallel(kernels::table(), threads);
    EXPECT_EQ(parallel.forward(shape_, x, filter), fast_.forward(shape_, x, filter));
    EXPECT_EQ(parallel.backward_data(shape_, dy, filter), fast_.backward_data(shape_, dy, filter));
    EXPECT_EQ(parallel.backward_filter(shape_, x, dy), fast_.backward_filter(shape_, x, dy));
  }
}

// An image of a batch has the bits that it has alone.
TEST_P(Conv2dTest, ForwardBitsDoNotDependOnTheBatch) {
  Conv2dShape batch = shape_, single = shape_;
  batch.n = 3;
  single.n = 1;
  const auto x = test::random_values<float>(x_count(batch), 1), filter = test::random_values<float>(filter_count(shape_), 2);
  const auto y = fast_.forward(batch, x, filter);
  const std::int64_t x_image = shape_.h * shape_.w * shape_.x_pitch, y_image = shape_.p * shape_.q * shape_.y_pitch;
  for (std::int64_t n = 0; n < 3; ++n) {
    const auto x_begin = x.begin() + n * x_image;
    const auto y_begin = y.begin() + n * y_image;
    EXPECT_EQ(fast_.forward(single, {x_begin, x_begin + x_count(single)}, filter), std::vector<float>(y_begin, y_begin + y_count(single)));
  }
}

// -- Empty extents ---------------------------------------------------------------------------------------------------------------

constexpr ConvCase kSmall{
    .name = "small", .n = 2, .h = 4, .w = 5, .c = 12, .k = 10, .r = 3, .s = 3, .top = 1, .bottom = 1, .left = 1, .right = 1};

TEST(Conv2dEmpty, EmptyBatchHasNoOutputAndNoGradient) {
  for (ConvCase conv : {kSmall, ConvCase{.name = "depthwise", .n = 0, .h = 4, .w = 4, .c = 9, .k = 9, .r = 3, .s = 3, .groups = 9},
                        ConvCase{.name = "first", .n = 0, .h = 4, .w = 4, .c = 3, .k = 9, .r = 3, .s = 3}}) {
    conv.n = 0;
    const Conv2dShape shape = conv.shape();
    ConvRunner<float> fast(kernels::table());
    const auto filter = test::random_values<float>(filter_count(shape), 1);
    EXPECT_TRUE(fast.forward(shape, {}, filter).empty());
    EXPECT_TRUE(fast.backward_data(shape, {}, filter).empty());
    EXPECT_EQ(fast.backward_filter(shape, {}, {}), std::vector<float>(filter.size(), 0.0f));
  }
}

TEST(Conv2dEmpty, NoInputChannelsGiveTheBias) {
  ConvCase conv = kSmall;
  conv.c = 0;
  const Conv2dShape shape = conv.shape();
  ConvRunner<float> fast(kernels::table());
  const auto bias = test::random_values<float>(conv.k, 1);
  const auto y = fast.forward(shape, {}, {}, {.bias = bias.data()});
  for (std::size_t i = 0; i < y.size(); ++i) ASSERT_EQ(y[i], bias[i % bias.size()]);
  EXPECT_TRUE(fast.backward_filter(shape, {}, test::random_values<float>(y_count(shape), 2)).empty());
}

TEST(Conv2dEmpty, NoOutputsGiveZeroGradient) {
  ConvCase conv = kSmall;
  conv.k = 0;
  const Conv2dShape shape = conv.shape();
  ConvRunner<float> fast(kernels::table());
  EXPECT_EQ(fast.backward_data(shape, {}, {}), std::vector<float>(static_cast<std::size_t>(x_count(shape)), 0.0f));
}

TEST(Conv2dEmpty, NoOutputPixelsGiveZeroGradients) {
  for (const std::int64_t channels : {12, 3}) {
    Conv2dShape shape = kSmall.shape();
    shape.c = shape.x_pitch = channels;
    shape.p = 0;
    ConvRunner<float> fast(kernels::table());
    const auto x = test::random_values<float>(x_count(shape), 1), filter = test::random_values<float>(filter_count(shape), 2);
    EXPECT_TRUE(fast.forward(shape, x, filter).empty());
    EXPECT_EQ(fast.backward_data(shape, {}, filter), std::vector<float>(x.size(), 0.0f));
    EXPECT_EQ(fast.backward_filter(shape, x, {}), std::vector<float>(filter.size(), 0.0f));
  }
}

// The packed form depends on the filter alone, so that inference may keep it over image sizes.
TEST(Conv2dPackedFilter, ServesEveryImageSize) {
  const Conv2dShape small = kSmall.shape();
  ConvCase other = kSmall;
  other.h = 9;
  other.w = 17;
  other.n = 5;
  const auto& conv2d = kernels::table().f32.conv2d;
  EXPECT_EQ(conv2d.filter_layout(small), conv2d.filter_layout(other.shape()));
  EXPECT_EQ(conv2d.packed_filter_bytes(small), conv2d.packed_filter_bytes(other.shape()));
}

}  // namespace
}  // namespace fovea
