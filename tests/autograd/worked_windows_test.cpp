// Numbers that lectures work out by hand for convolution and pooling: sizes, one-dimensional formulas, transposes, receptive fields.
// Sources as in worked_numbers_test.cpp.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fovea/autograd/ops/arithmetic.hpp"
#include "fovea/autograd/ops/average_pool2d.hpp"
#include "fovea/autograd/ops/conv2d.hpp"
#include "fovea/autograd/ops/conv_transpose2d.hpp"
#include "fovea/autograd/ops/max_pool2d.hpp"
#include "tensors.hpp"

namespace fovea {
namespace {

using test::f64;
using testing::ElementsAre;

Variable image(std::int64_t side, std::int64_t channels = 1) { return Variable(Tensor::zeros({1, side, side, channels})); }

/// The side of the map that a square filter makes of a square image.
std::int64_t conv_side(std::int64_t side, std::int64_t filter, const Conv2dGeometry& geometry = {}) {
  return conv2d(image(side), Variable(Tensor::zeros({1, filter, filter, 1})), {}, geometry).extent(1);
}
std::int64_t pool_side(std::int64_t side, const Pool2dGeometry& geometry = {}) { return max_pool2d(image(side), geometry).extent(1); }

TEST(WorkedSizes, SevenByThree) {  // CS231n lecture 5; course summary
  EXPECT_EQ(conv_side(7, 3), 5);
  EXPECT_EQ(conv_side(7, 3, {.stride = 2}), 3);
  EXPECT_EQ(conv_side(7, 3, {.padding = 1}), 7);
  EXPECT_EQ(conv_side(7, 3, {.stride = 3}), 2);  // 2.33 does not fit; the position that would leave the image is dropped
}

TEST(WorkedSizes, FiveByFiveLayersShrinkQuickly) {  // CS231n lecture 5
  EXPECT_EQ(conv_side(32, 5), 28);
  EXPECT_EQ(conv_side(28, 5), 24);
  EXPECT_EQ(conv2d(image(32, 3), Variable(Tensor::zeros({6, 5, 5, 3}))).shape(), (Shape{1, 28, 28, 6}));
}

TEST(WorkedSizes, HalfTheFilterAsPaddingKeepsTheSize) {  // CS231n lecture 5: (F - 1) / 2
  for (const std::int64_t filter : {1, 3, 5, 7}) EXPECT_EQ(conv_side(32, filter, {.padding = (filter - 1) / 2}), 32);
}

TEST(WorkedSizes, TenFiltersAndTheirParameters) {  // CS231n lecture 5; course summary: 760 parameters, 768,000 multiply-adds
  const Variable filter(Tensor::zeros({10, 5, 5, 3})), bias(Tensor::zeros({10}));
  const Variable y = conv2d(image(32, 3), filter, bias, {.padding = 2});
  EXPECT_EQ(y.shape(), (Shape{1, 32, 32, 10}));
  EXPECT_EQ(filter.shape().numel() / 10 + 1, 76);
  EXPECT_EQ(filter.shape().numel() + bias.shape().numel(), 760);
  EXPECT_EQ(y.shape().numel() * filter.shape().numel() / 10, 768'000);
}

TEST(WorkedSizes, AlexNet) {  // CS231n lecture 9. Gould's strided length, equation 144, would give 54 for the first layer.
  EXPECT_EQ(conv_side(227, 11, {.stride = 4}), 55);
  EXPECT_EQ(pool_side(55, {.window = 3, .stride = 2}), 27);
  EXPECT_EQ(conv_side(27, 5, {.padding = 2}), 27);
  EXPECT_EQ(pool_side(27, {.window = 3, .stride = 2}), 13);
  EXPECT_EQ(conv_side(13, 3, {.padding = 1}), 13);
  EXPECT_EQ(pool_side(13, {.window = 3, .stride = 2}), 6);
}

TEST(WorkedSizes, VggHalvesFiveTimes) {  // CS231n lecture 9
  std::int64_t side = 224;
  for (const std::int64_t half : {112, 56, 28, 14, 7}) {
    EXPECT_EQ(conv_side(side, 3, {.padding = 1}), side);
    side = pool_side(side);
    EXPECT_EQ(side, half);
  }
}

TEST(WorkedSizes, GoogLeNetStem) {  // course summary
  EXPECT_EQ(conv_side(224, 7, {.stride = 2, .padding = 3}), 112);
  EXPECT_EQ(pool_side(112, {.window = 3, .stride = 2, .padding = 1}), 56);
  EXPECT_EQ(pool_side(56, {.window = 3, .stride = 2, .padding = 1}), 28);
}

TEST(WorkedSizes, DilationAndStrideInOneDimension) {  // Gould, section 4.1.1: n - d (p - 1), floor((n - p) / s) + 1
  for (const std::int64_t n : {9, 12, 20})
    for (const std::int64_t p : {1, 2, 4})
      for (const std::int64_t step : {1, 2, 3}) {
        const Variable x(Tensor::zeros({1, 1, n, 1})), filter(Tensor::zeros({1, 1, p, 1}));
        if (n > step * (p - 1)) {
          EXPECT_EQ(conv2d(x, filter, {}, {.dilation = {1, step}}).extent(2), n - step * (p - 1));
        }
        EXPECT_EQ(conv2d(x, filter, {}, {.stride = {1, step}}).extent(2), (n - p) / step + 1);
      }
}

Variable line(const std::vector<double>& values) {
  return Variable(f64(values, {1, 1, static_cast<std::int64_t>(values.size()), 1}), true);
}

std::vector<double> conv1d(const std::vector<double>& x, const std::vector<double>& filter, std::int64_t stride, std::int64_t padding) {
  return conv2d(line(x), line(filter), {}, {.stride = {1, stride}, .padding = {0, padding}}).value().to_vector<double>();
}

/// The transpose of the convolution: what its backward pass does to the data.
std::vector<double> transposed_conv1d(const std::vector<double>& y, const std::vector<double>& filter, std::int64_t stride,
                                      std::int64_t length) {
  const Variable x = line(std::vector<double>(static_cast<std::size_t>(length)));
  backward(conv2d(x, line(filter), {}, {.stride = {1, stride}}), f64(y, {1, 1, static_cast<std::int64_t>(y.size()), 1}));
  return x.grad().to_vector<double>();
}

// CS231n lecture 11, with kernel (x,y,z); its first matrices print "x y x".
constexpr double x = 2, y = 3, z = 5, a = 7, b = 11, c = 13, d = 17;

TEST(WorkedConvolution, InOneDimension) {
  EXPECT_THAT(conv1d({a, b, c, d}, {x, y, z}, 1, 1),
              ElementsAre(a * y + b * z, a * x + b * y + c * z, b * x + c * y + d * z, c * x + d * y));
  EXPECT_THAT(conv1d({a, b, c, d}, {x, y, z}, 2, 1), ElementsAre(a * y + b * z, b * x + c * y + d * z));
}

TEST(WorkedConvolution, TransposedInOneDimension) {
  EXPECT_THAT(transposed_conv1d({a, b, c, d}, {x, y, z}, 1, 6),
              ElementsAre(a * x, a * y + b * x, a * z + b * y + c * x, b * z + c * y + d * x, c * z + d * y, d * z));
  EXPECT_THAT(transposed_conv1d({a, b}, {x, y, z}, 2, 6), ElementsAre(a * x, a * y, a * z + b * x, b * y, b * z, 0));
}

TEST(WorkedConvolution, TransposedOfOneTwoThree) {  // Gould, section 6.2: a = (1,-2,3), length s (n - 1) + p
  EXPECT_THAT(transposed_conv1d({1, 2, 3}, {1, -2, 3}, 1, 5), ElementsAre(1, 0, 2, 0, 9));
  EXPECT_THAT(transposed_conv1d({1, 2, 3}, {1, -2, 3}, 2, 7), ElementsAre(1, -2, 5, -4, 9, -6, 9));
  EXPECT_THAT(transposed_conv1d({1, 2, 3}, {1, -2, 3}, 3, 9), ElementsAre(1, -2, 3, 2, -4, 6, 3, -6, 9));
}

TEST(WorkedConvolution, TheTransposedOperationInOneDimension) {  // CS231n lecture 11; the last zero is output padding
  const auto transposed = [](const std::vector<double>& from, std::int64_t stride, std::int64_t output_padding) {
    return conv_transpose2d(Variable(f64(from, {1, 1, static_cast<std::int64_t>(from.size()), 1})), Variable(f64({x, y, z}, {1, 1, 3, 1})),
                            {}, {.stride = {1, stride}, .output_padding = {0, output_padding}})
        .value()
        .to_vector<double>();
  };
  EXPECT_THAT(transposed({a, b, c, d}, 1, 0),
              ElementsAre(a * x, a * y + b * x, a * z + b * y + c * x, b * z + c * y + d * x, c * z + d * y, d * z));
  EXPECT_THAT(transposed({a, b}, 2, 1), ElementsAre(a * x, a * y, a * z + b * x, b * y, b * z, 0));
}

TEST(WorkedConvolution, TheTransposedOperationInTwoDimensions) {  // CS231n lecture 11: 3x3, stride 2, pad 1 makes 4x4 of 2x2
  const Variable filter(f64({1, 2, 3, 4, 5, 6, 7, 8, 9}, {1, 3, 3, 1})), input(f64({1, 10, 100, 1000}, {1, 2, 2, 1}));
  const Variable whole = conv_transpose2d(input, filter, {}, {.stride = 2});
  EXPECT_THAT(whole.value().to_vector<double>(),  // copies of the filter, weighted by the input, two apart; overlaps add up
              ElementsAre(1, 2, 3 + 10, 20, 30, 4, 5, 6 + 40, 50, 60, 7 + 100, 8 + 200, 9 + 70 + 300 + 1000, 80 + 2000, 90 + 3000, 400, 500,
                          600 + 4000, 5000, 6000, 700, 800, 900 + 7000, 8000, 9000));
  // The lecture's size wants output padding 1.
  const Variable cut = conv_transpose2d(input, filter, {}, {.stride = 2, .padding = 1, .output_padding = 1});
  EXPECT_EQ(cut.shape(), (Shape{1, 4, 4, 1}));
  EXPECT_THAT(cut.value().to_vector<double>(), ElementsAre(5, 6 + 40, 50, 60, 8 + 200, 9 + 70 + 300 + 1000, 80 + 2000, 90 + 3000, 500,
                                                           600 + 4000, 5000, 6000, 800, 900 + 7000, 8000, 9000));
}

TEST(WorkedConvolution, TheFiltersGradientIsAConvolutionToo) {  // Gould, section 4.1.2: dL/da = dL/dy * x
  const Variable signal = line({a, b, c, d}), filter = line({x, y});
  backward(conv2d(signal, filter), f64({1, 10, 100}, {1, 1, 3, 1}));
  EXPECT_THAT(filter.grad().to_vector<double>(), ElementsAre(a + 10 * b + 100 * c, b + 10 * c + 100 * d));
  EXPECT_EQ(filter.grad().to_vector<double>(), conv1d({a, b, c, d}, {1, 10, 100}, 1, 0));
}

const std::vector<double> kPooled = {1, 2, 6, 3, 3, 5, 2, 1, 1, 2, 2, 1, 7, 3, 4, 8};

TEST(WorkedPooling, MaximaAndTheirUnpooling) {  // CS231n lectures 5 and 11; course summary
  const Variable in(f64(kPooled, {1, 4, 4, 1}), true);
  const Variable out = max_pool2d(in);
  EXPECT_THAT(out.value().to_vector<double>(), ElementsAre(5, 6, 7, 8));
  backward(out, f64({1, 2, 3, 4}, {1, 2, 2, 1}));  // max unpooling is the transpose
  EXPECT_THAT(in.grad().to_vector<double>(), ElementsAre(0, 0, 2, 0, 0, 1, 0, 0, 0, 0, 0, 0, 3, 0, 0, 4));
}

TEST(WorkedPooling, NearestUnpoolingAndTheBedOfNails) {  // CS231n lecture 11, as transposes of summing and of skipping
  const Variable in(Tensor::zeros({1, 4, 4, 1}, DType::f64), true);
  backward(4.0 * average_pool2d(in), f64({1, 2, 3, 4}, {1, 2, 2, 1}));
  EXPECT_THAT(in.grad().to_vector<double>(), ElementsAre(1, 1, 2, 2, 1, 1, 2, 2, 3, 3, 4, 4, 3, 3, 4, 4));
  const Variable nails(Tensor::zeros({1, 4, 4, 1}, DType::f64), true);
  backward(max_pool2d(nails, {.window = 1, .stride = 2}), f64({1, 2, 3, 4}, {1, 2, 2, 1}));
  EXPECT_THAT(nails.grad().to_vector<double>(), ElementsAre(1, 0, 2, 0, 0, 0, 0, 0, 3, 0, 4, 0, 0, 0, 0, 0));
}

Variable sum_filter(const Variable& in, std::int64_t side) { return conv2d(in, Variable(Tensor::full({1, side, side, 1}, 1, DType::f64))); }

/// How many pixels of a row or column the first output pixel looks at.
template <class Network>
std::int64_t receptive_field(std::int64_t side, Network network) {
  const Variable in(Tensor::zeros({1, side, side, 1}, DType::f64), true);
  const Variable out = network(in);
  Tensor seed = Tensor::zeros(out.shape(), DType::f64);
  seed.mutable_data<double>()[0] = 1;
  backward(out, seed);
  std::int64_t extent = 0;
  for (std::int64_t i = 0; i < side; ++i)
    if (in.grad().template data<double>()[i * side + i] != 0) extent = i + 1;
  return extent;
}

TEST(WorkedReceptiveFields, TwoPoolingsAndAThreeByThree) {  // Gould, section 4.1.4: a 12x12 image, 2x2 pooling
  const auto pools = [](const Variable& in) { return average_pool2d(average_pool2d(in)); };
  EXPECT_EQ(receptive_field(12, pools), 4);
  EXPECT_EQ(receptive_field(12, [&](const Variable& in) { return sum_filter(pools(in), 3); }), 12);
}

TEST(WorkedReceptiveFields, StacksOfFilters) {  // CS231n lecture 9: three 3x3 see 7x7; course summary: 1 + L (K - 1)
  for (const std::int64_t side : {3, 5})
    for (const int layers : {1, 2, 3}) {
      const auto stack = [&](Variable in) {
        for (int layer = 0; layer < layers; ++layer) in = sum_filter(in, side);
        return in;
      };
      EXPECT_EQ(receptive_field(16, stack), 1 + layers * (side - 1));
    }
}

}  // namespace
}  // namespace fovea
