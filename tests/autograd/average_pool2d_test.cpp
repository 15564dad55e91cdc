#include "fovea/autograd/ops/average_pool2d.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fovea/base/error.hpp"
#include "tensors.hpp"

namespace fovea {
namespace {

using test::uniform;
using testing::HasSubstr;
using testing::ThrowsMessage;

struct Case {
  const char* name;
  Shape x;
  Pool2dGeometry geometry;
};

const Case kCases[] = {
    {"one pixel", {1, 1, 1, 1}, {.window = 1, .stride = 1}},
    {"2x2", {2, 4, 6, 3}, {}},
    {"a row and a column left over", {1, 5, 7, 2}, {}},
    {"overlapping 3x3 stride 2", {2, 7, 5, 3}, {.window = 3, .stride = 2}},
    {"gaps between windows", {1, 9, 8, 2}, {.window = {2, 1}, .stride = {3, 4}}},
    {"padding", {2, 5, 4, 2}, {.window = 3, .stride = 2, .padding = 1}},
    {"asymmetric padding", {1, 4, 5, 3}, {.window = {3, 4}, .stride = {2, 1}, .padding = {2, 0, 1, 3}}},
    {"many channels", {1, 4, 4, 37}, {.window = 2, .stride = 2}},
    {"a window beyond the image", {1, 2, 2, 2}, {.window = 5, .stride = 1, .padding = 2}},
    {"dilation", {2, 8, 7, 3}, {.window = {3, 2}, .stride = {1, 2}, .dilation = {2, 3}}},
    {"dilation and padding", {1, 6, 5, 2}, {.window = 3, .stride = 2, .padding = {3, 1, 2, 2}, .dilation = 2}},
    {"rounded up", {1, 6, 7, 2}, {.window = {3, 2}, .stride = 2, .ceil_mode = true}},
    {"rounded up, one window too many", {1, 5, 7, 3}, {.window = 2, .stride = {3, 4}, .padding = 1, .ceil_mode = true}},
    {"rounded up with padding and dilation",
     {2, 8, 6, 2},
     {.window = 2, .stride = 3, .padding = {1, 2, 2, 0}, .dilation = {2, 3}, .ceil_mode = true}},
    {"empty batch", {0, 4, 4, 3}, {}},
    {"no channels", {2, 4, 4, 0}, {}},
};

Tensor oracle(const Tensor& x, const Pool2dGeometry& g, bool count_padding) {
  const std::int64_t h = x.extent(1), w = x.extent(2), c = x.extent(3);
  const auto positions = [&](std::int64_t input, std::int64_t before, std::int64_t behind, std::int64_t span, std::int64_t stride) {
    std::int64_t count = 0;  // every window that fits, and with ceil_mode every one that begins inside the image or in front of it
    while (count * stride + span <= input + before + behind ||
           (g.ceil_mode && count * stride < input + before && (count - 1) * stride + span < input + before + behind))
      ++count;
    return count;
  };
  const std::int64_t p = positions(h, g.padding.top, g.padding.bottom, (g.window.height - 1) * g.dilation.height + 1, g.stride.height);
  const std::int64_t q = positions(w, g.padding.left, g.padding.right, (g.window.width - 1) * g.dilation.width + 1, g.stride.width);
  std::vector<double> y;
  for (std::int64_t n = 0; n < x.extent(0); ++n)
    for (std::int64_t i = 0; i < p; ++i)
      for (std::int64_t j = 0; j < q; ++j)
        for (std::int64_t channel = 0; channel < c; ++channel) {
          double sum = 0, cells = 0;
          for (std::int64_t a = 0; a < g.window.height; ++a)
            for (std::int64_t b = 0; b < g.window.width; ++b) {
              const std::int64_t row = i * g.stride.height + a * g.dilation.height - g.padding.top;
              const std::int64_t column = j * g.stride.width + b * g.dilation.width - g.padding.left;
              const bool inside = row >= 0 && row < h && column >= 0 && column < w;
              if (inside) sum += x.data<double>()[((n * h + row) * w + column) * c + channel];
              if (inside || (count_padding && row < h + g.padding.bottom && column < w + g.padding.right)) cells += 1;
            }
          y.push_back(sum / cells);
        }
  return Tensor::from(y, {x.extent(0), p, q, c});
}

TEST(AveragePool2d, ForwardIsTheDefinition) {
  for (const Case& c : kCases)
    for (const bool count_padding : {true, false}) {
      const Tensor x = uniform(c.x, 1);
      EXPECT_TRUE(test::near(average_pool2d(Variable(x), c.geometry, count_padding).value(), oracle(x, c.geometry, count_padding), 1e-15))
          << c.name << count_padding;
    }
}

TEST(AveragePool2d, Gradients) {
  for (const Case& c : kCases)
    for (const bool count_padding : {true, false}) {
      const auto f = [&](const auto& in) { return average_pool2d(in[0], c.geometry, count_padding); };
      EXPECT_TRUE(test::gradients_match(f, {uniform(c.x, 1)})) << c.name << count_padding;
      EXPECT_TRUE(test::f32_follows_f64(f, {uniform(c.x, 1)})) << c.name << count_padding;
    }
}

TEST(AveragePool2d, TheTwoCountsDifferOnlyAtTheBorder) {
  const Variable x(Tensor::full({1, 3, 3, 1}, 9));
  const Pool2dGeometry geometry{.window = 3, .stride = 1, .padding = 1};
  EXPECT_THAT(average_pool2d(x, geometry, true).value().to_vector<float>(), testing::ElementsAre(4, 6, 4, 6, 9, 6, 4, 6, 4));
  EXPECT_THAT(average_pool2d(x, geometry, false).value().to_vector<float>(), testing::Each(9.F));
}

TEST(AveragePool2d, RefusesWhatDoesNotFit) {
  const Variable x(Tensor::zeros({1, 4, 4, 2}));
  EXPECT_THAT([&] { average_pool2d(x, {.window = 5, .stride = 1}); },
              ThrowsMessage<ShapeError>(HasSubstr("[average_pool2d] a window of 5x5 does not fit into input [1,4,4,2]")));
  EXPECT_THAT(
      [&] {
        average_pool2d(Variable(Tensor::zeros({4, 2})));
      },
      ThrowsMessage<ShapeError>(HasSubstr("[average_pool2d] input wants 4 axes")));
  EXPECT_THAT([&] { average_pool2d(x, {.padding = 2}); }, ThrowsMessage<ShapeError>(HasSubstr("[average_pool2d] padding is at least 0")));
  EXPECT_THAT([&] { average_pool2d(x, {.stride = 0}); },
              ThrowsMessage<ShapeError>(HasSubstr("[average_pool2d] window and stride are in [1, ")));
  EXPECT_THAT(
      [&] {
        average_pool2d(Variable(Tensor::zeros({1, 4, 4, 2}, DType::i64)));
      },
      ThrowsMessage<ShapeError>(HasSubstr("[average_pool2d] wants f32, f64 or bf16, found i64")));
  EXPECT_THAT([&] { average_pool2d(x, {}, true, -1); },
              ThrowsMessage<ShapeError>(HasSubstr("[average_pool2d] the divisor is positive, or 0 for the cells, found -1")));
  EXPECT_THAT([&] { average_pool2d({}); }, ThrowsMessage<ShapeError>(HasSubstr("[average_pool2d] input 0 is undefined")));
}

TEST(SumPool2d, IsTheAverageTimesItsCells) {
  for (const Case& c : kCases) {
    const Tensor x = uniform(c.x, 1);
    const Pool2dGeometry& g = c.geometry;
    if (g.ceil_mode) continue;  // where windows differ in size
    const Tensor expected = oracle(x, g, true);
    std::vector<double> sums = expected.to_vector<double>();
    for (double& sum : sums) sum *= static_cast<double>(g.window.height * g.window.width);
    EXPECT_TRUE(test::near(sum_pool2d(Variable(x), g).value(), sums, expected.shape(), 1e-14)) << c.name;
  }
}

TEST(SumPool2d, Gradients) {
  for (const Case& c : kCases) {
    const auto sum = [&](const auto& in) { return sum_pool2d(in[0], c.geometry); };
    const auto fifth = [&](const auto& in) { return average_pool2d(in[0], c.geometry, true, 5); };
    EXPECT_TRUE(test::gradients_match(sum, {uniform(c.x, 1)})) << c.name;
    EXPECT_TRUE(test::gradients_match(fifth, {uniform(c.x, 1)})) << c.name;
    EXPECT_TRUE(test::f32_follows_f64(sum, {uniform(c.x, 1)})) << c.name;
  }
}

TEST(GlobalAveragePool2d, IsTheMeanOfEachImage) {
  for (const Shape& shape : {Shape{1, 1, 1, 1}, Shape{2, 3, 5, 4}, Shape{3, 7, 1, 35}, Shape{0, 4, 4, 2}, Shape{2, 3, 3, 0}}) {
    const Tensor x = uniform(shape, 1);
    const std::int64_t pixels = shape[1] * shape[2], channels = shape[3];
    std::vector<double> expected;
    for (std::int64_t n = 0; n < shape[0]; ++n)
      for (std::int64_t c = 0; c < channels; ++c) {
        double sum = 0;
        for (std::int64_t pixel = 0; pixel < pixels; ++pixel) sum += x.data<double>()[(n * pixels + pixel) * channels + c];
        expected.push_back(sum / static_cast<double>(pixels));
      }
    const auto f = [](const auto& in) { return global_average_pool2d(in[0]); };
    EXPECT_TRUE(test::near(f(std::vector{Variable(x)}).value(), expected, {shape[0], channels}, 1e-15)) << shape.to_string();
    EXPECT_TRUE(test::gradients_match(f, {x})) << shape.to_string();
    EXPECT_TRUE(test::f32_follows_f64(f, {x})) << shape.to_string();
  }
}

TEST(GlobalAveragePool2d, RefusesWhatDoesNotFit) {
  EXPECT_THAT(
      [] {
        global_average_pool2d(Variable(Tensor::zeros({2, 0, 4, 3})));
      },
      ThrowsMessage<ShapeError>(HasSubstr("[global_average_pool2d] the images have no pixels: shape [2,0,4,3]")));
  EXPECT_THAT(
      [] {
        global_average_pool2d(Variable(Tensor::zeros({2, 3})));
      },
      ThrowsMessage<ShapeError>(HasSubstr("[global_average_pool2d] input wants 4 axes")));
  EXPECT_THROW(global_average_pool2d({}), ShapeError);
}

}  // namespace
}  // namespace fovea
