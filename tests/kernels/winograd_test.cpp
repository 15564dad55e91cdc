// Winograd's convolution, forced onto every shape that it can compute, against the f64 reference.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "comparison.hpp"
#include "conv2d_fixture.hpp"
#include "support/values.hpp"

namespace fovea {
namespace {

using kernels::Conv2dChoice;
using kernels::Conv2dShape;
using test::ConvCase;
using test::converted;
using test::ConvRunner;
using test::filter_count;
using test::x_count;
using test::y_count;

const ConvCase kCases[] = {
    {.name = "one_pixel", .n = 1, .h = 1, .w = 1, .c = 1, .k = 1, .r = 3, .s = 3, .top = 1, .bottom = 1, .left = 1, .right = 1},
    {.name = "one_result", .n = 2, .h = 3, .w = 3, .c = 3, .k = 5, .r = 3, .s = 3},
    {.name = "one_tile", .n = 1, .h = 4, .w = 4, .c = 16, .k = 32, .r = 3, .s = 3, .top = 1, .bottom = 1, .left = 1, .right = 1},
    {.name = "primes", .n = 3, .h = 11, .w = 7, .c = 13, .k = 19, .r = 3, .s = 3, .top = 1, .bottom = 1, .left = 1, .right = 1},
    {.name = "no_padding", .n = 2, .h = 9, .w = 14, .c = 17, .k = 33, .r = 3, .s = 3},
    {.name = "one_sided", .n = 1, .h = 6, .w = 10, .c = 24, .k = 40, .r = 3, .s = 3, .top = 2, .left = 1, .right = 1},
    {.name = "wide_padding", .n = 1, .h = 5, .w = 3, .c = 8, .k = 9, .r = 3, .s = 3, .top = 4, .bottom = 3, .left = 0, .right = 7},
    {.name = "pitch",
     .n = 2,
     .h = 8,
     .w = 7,
     .c = 20,
     .k = 18,
     .r = 3,
     .s = 3,
     .top = 1,
     .bottom = 1,
     .left = 1,
     .right = 1,
     .x_pitch = 37,
     .y_pitch = 41},
    {.name = "many_tiles", .n = 5, .h = 17, .w = 23, .c = 64, .k = 48, .r = 3, .s = 3, .top = 1, .bottom = 1, .left = 1, .right = 1},
    // More transformed filters than a task streams: the steps run one after the other, here in several groups of tiles.
    {.name = "many_channels", .n = 2, .h = 9, .w = 13, .c = 184, .k = 176, .r = 3, .s = 3, .top = 1, .bottom = 1, .left = 1, .right = 1},
    {.name = "empty", .n = 0, .h = 8, .w = 8, .c = 16, .k = 16, .r = 3, .s = 3, .top = 1, .bottom = 1, .left = 1, .right = 1},
};

/// 32 roundings, relative to the largest sum of magnitudes in the image: a tile's results share their errors, so that one of them may have
/// small terms and the errors of its neighbours, and the transforms' coefficients magnify those of a sum with few terms.
constexpr double kTolerance = 32 * 0x1p-24;

class WinogradTest : public testing::TestWithParam<ConvCase> {
 protected:
  static Conv2dShape forced(Conv2dShape shape) {
    shape.choice = Conv2dChoice::winograd;
    return shape;
  }
  /// expected and actual agree within kTolerance of the largest magnitude.
  static void expect_close(const std::vector<float>& actual, const std::vector<double>& expected, std::vector<double> magnitude) {
    const double largest = magnitude.empty() ? 0 : *std::max_element(magnitude.begin(), magnitude.end());
    std::fill(magnitude.begin(), magnitude.end(), largest);
    test::expect_close(actual, expected, magnitude, kTolerance);
  }
  static std::vector<double> wide(const std::vector<float>& values) { return converted<double>(values); }
  static std::vector<double> absolute(const std::vector<float>& values) { return test::absolute(wide(values)); }

  const Conv2dShape shape_ = forced(GetParam().shape());
  ConvRunner<float> fast_{kernels::table()};
  ConvRunner<double> reference_{kernels::reference_table()};
  const std::vector<float> x_ = test::random_values<float>(x_count(shape_), 1), dy_ = test::random_values<float>(y_count(shape_), 3),
                           filter_ = test::random_values<float>(filter_count(shape_), 2);
};

INSTANTIATE_TEST_SUITE_P(Shapes, WinogradTest, testing::ValuesIn(kCases), [](const auto& test) { return std::string(test.param.name); });

TEST_P(WinogradTest, ForwardIsClose) {
  expect_close(fast_.forward(shape_, x_, filter_), reference_.forward(shape_, wide(x_), wide(filter_)),
               reference_.forward(shape_, absolute(x_), absolute(filter_)));
}

TEST_P(WinogradTest, BackwardDataIsClose) {
  expect_close(fast_.backward_data(shape_, dy_, filter_), reference_.backward_data(shape_, wide(dy_), wide(filter_)),
               reference_.backward_data(shape_, absolute(dy_), absolute(filter_)));
}

TEST_P(WinogradTest, BackwardFilterIsClose) {
  expect_close(fast_.backward_filter(shape_, x_, dy_), reference_.backward_filter(shape_, wide(x_), wide(dy_)),
               reference_.backward_filter(shape_, absolute(x_), absolute(dy_)));
}

TEST_P(WinogradTest, EpilogueIsClose) {
  const auto scale = test::random_values<float>(shape_.k, 4), bias = test::random_values<float>(shape_.k, 5);
  const std::vector<double> wide_scale = wide(scale), wide_bias = wide(bias), residual = wide(dy_);
  for (const auto activation : {kernels::Activation::none, kernels::Activation::relu, kernels::Activation::leaky_relu})
    expect_close(
        fast_.forward(shape_, x_, filter_,
                      {.scale = scale.data(), .bias = bias.data(), .residual = dy_.data(), .activation = activation, .slope = 0.125f}),
        reference_.forward(
            shape_, wide(x_), wide(filter_),
            {.scale = wide_scale.data(), .bias = wide_bias.data(), .residual = residual.data(), .activation = activation, .slope = 0.125f}),
        reference_.forward(shape_, absolute(x_), absolute(filter_)));
}

TEST_P(WinogradTest, BitsDoNotDependOnThreads) {
  for (const int threads : {2, 3}) {
    ConvRunner<float> parallel(kernels::table(), threads);
    EXPECT_EQ(parallel.forward(shape_, x_, filter_), fast_.forward(shape_, x_, filter_));
    EXPECT_EQ(parallel.backward_data(shape_, dy_, filter_), fast_.backward_data(shape_, dy_, filter_));
    EXPECT_EQ(parallel.backward_filter(shape_, x_, dy_), fast_.backward_filter(shape_, x_, dy_));
  }
}

TEST_P(WinogradTest, ForwardBitsDoNotDependOnTheBatch) {
  Conv2dShape single = shape_;
  single.n = 1;
  const auto y = fast_.forward(shape_, x_, filter_);
  const std::int64_t x_image = shape_.h * shape_.w * shape_.x_pitch, y_image = shape_.p * shape_.q * shape_.y_pitch;
  for (std::int64_t n = 0; n < shape_.n; ++n) {
    const auto x_begin = x_.begin() + n * x_image;
    const auto y_begin = y.begin() + n * y_image;
    EXPECT_EQ(fast_.forward(single, {x_begin, x_begin + x_count(single)}, filter_), std::vector<float>(y_begin, y_begin + y_count(single)));
  }
}

// -- The choice ------------------------------------------------------------------------------------------------------------------

Conv2dShape layer(std::int64_t n, std::int64_t size, std::int64_t channels, Conv2dChoice choice) {
  Conv2dShape shape = ConvCase{.name = "",
                               .n = n,
                               .h = size,
                               .w = size,
                               .c = channels,
                               .k = channels,
                               .r = 3,
                               .s = 3,
                               .top = 1,
                               .bottom = 1,
                               .left = 1,
                               .right = 1}
                          .shape();
  shape.choice = choice;
  return shape;
}

bool chooses_winograd(Conv2dShape shape) {
  const auto layout = kernels::table().f32.conv2d.filter_layout;
  const std::uint32_t chosen = layout(shape);
  shape.choice = Conv2dChoice::winograd;
  return chosen == layout(shape);
}

TEST(WinogradChoice, ServesTheLayersOfResNet) {
  for (const auto& [size, channels] : {std::pair{56, 64}, {28, 128}, {14, 256}, {7, 512}})
    EXPECT_TRUE(chooses_winograd(layer(32, size, channels, Conv2dChoice::by_batch))) << size;
}

TEST(WinogradChoice, LooksAtOneImageInInference) {
  for (const auto& [size, channels] : {std::pair{56, 64}, {28, 128}, {14, 256}, {7, 512}, {3, 64}})
    EXPECT_EQ(chooses_winograd(layer(1, size, channels, Conv2dChoice::by_image)),
              chooses_winograd(layer(32, size, channels, Conv2dChoice::by_image)))
        << size;
}

TEST(WinogradChoice, CanBeSwitchedOff) { EXPECT_FALSE(chooses_winograd(layer(32, 56, 64, Conv2dChoice::direct))); }

TEST(WinogradChoice, LeavesFewChannelsToTheDirectKernel) { EXPECT_FALSE(chooses_winograd(layer(32, 56, 8, Conv2dChoice::by_batch))); }

}  // namespace
}  // namespace fovea
