#include "fovea/autograd/ops/max_pool2d.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "fovea/base/error.hpp"
#include "tensors.hpp"

namespace fovea {
namespace {

using testing::ElementsAre;
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
    {"overlapping stride 1", {1, 5, 4, 2}, {.window = {2, 3}, .stride = 1}},
    {"gaps between windows", {1, 9, 8, 2}, {.window = {2, 1}, .stride = {3, 4}}},
    {"padding", {2, 5, 4, 2}, {.window = 3, .stride = 2, .padding = 1}},
    {"asymmetric padding", {1, 4, 5, 3}, {.window = {3, 4}, .stride = {2, 1}, .padding = {2, 0, 1, 3}}},
    {"many channels", {1, 4, 4, 37}, {.window = 2, .stride = 2}},
    {"the whole image", {3, 3, 4, 2}, {.window = {3, 4}, .stride = 1}},
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

Tensor oracle(const Tensor& x, const Pool2dGeometry& g) {
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
          double maximum = -std::numeric_limits<double>::infinity();
          for (std::int64_t a = 0; a < g.window.height; ++a)
            for (std::int64_t b = 0; b < g.window.width; ++b) {
              const std::int64_t row = i * g.stride.height + a * g.dilation.height - g.padding.top;
              const std::int64_t column = j * g.stride.width + b * g.dilation.width - g.padding.left;
              if (row < 0 || row >= h || column < 0 || column >= w) continue;
              maximum = std::max(maximum, x.data<double>()[((n * h + row) * w + column) * c + channel]);
            }
          y.push_back(maximum);
        }
  return Tensor::from(y, {x.extent(0), p, q, c});
}

TEST(MaxPool2d, ForwardIsTheDefinition) {
  for (const Case& c : kCases) {
    const Tensor x = test::distinct(c.x, 1);
    const Tensor expected = oracle(x, c.geometry);
    EXPECT_TRUE(test::identical(max_pool2d(Variable(x), c.geometry).value(), expected)) << c.name;
    EXPECT_TRUE(test::identical(max_pool2d(Variable(x, true), c.geometry).value(), expected)) << c.name;
    EXPECT_TRUE(test::identical(max_pool2d(Variable(x.to(DType::f32)), c.geometry).value(), expected.to(DType::f32))) << c.name;
  }
}

TEST(MaxPool2d, Gradients) {
  for (const Case& c : kCases) {
    const auto f = [&](const auto& in) { return max_pool2d(in[0], c.geometry); };
    EXPECT_TRUE(test::gradients_match(f, {test::distinct(c.x, 1)})) << c.name;
    EXPECT_TRUE(test::f32_follows_f64(f, {test::distinct(c.x, 1)})) << c.name;
  }
}

TEST(MaxPool2d, PaddingNeverWins) {
  const Variable x(Tensor::full({1, 2, 2, 1}, -7));
  const Variable y = max_pool2d(x, {.window = 3, .stride = 1, .padding = 1});
  EXPECT_THAT(y.value().to_vector<float>(), testing::Each(-7.F));
}

TEST(MaxPool2d, TiesGoToTheFirstInScanOrder) {
  for (const DType dtype : {DType::f32, DType::f64}) {
    const Variable x(Tensor::full({1, 2, 4, 1}, 3, dtype), true);
    backward(max_pool2d(x), Tensor::from<double>({5, 7}, {1, 1, 2, 1}).to(dtype));
    EXPECT_THAT(test::values_of(x.grad()), ElementsAre(5, 0, 7, 0, 0, 0, 0, 0));
  }
}

TEST(MaxPool2d, ANanWins) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const Variable y = max_pool2d(Variable(Tensor::from<float>({1, nan, 3, 2, 1, 2, 3, 4}, {1, 2, 4, 1})));
  EXPECT_TRUE(std::isnan(y.value().data<float>()[0]));
  EXPECT_EQ(y.value().data<float>()[1], 4.F);
}

TEST(MaxPool2d, MinusInfinityIsAValue) {
  const float infinity = std::numeric_limits<float>::infinity();
  const Variable x(Tensor::full({1, 2, 2, 3}, -infinity), true);
  const Variable y = max_pool2d(x);
  EXPECT_THAT(y.value().to_vector<float>(), testing::Each(-infinity));
  backward(y, Tensor::full(y.shape(), 1));
  EXPECT_THAT(x.grad().slice(0, 1).to_vector<float>(), ElementsAre(1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0));
}

TEST(MaxPool2d, RefusesWhatDoesNotFit) {
  const Variable x(Tensor::zeros({1, 4, 4, 2}));
  EXPECT_THAT([&] { max_pool2d(x, {.window = 5, .stride = 1}); },
              ThrowsMessage<ShapeError>(HasSubstr("[max_pool2d] a window of 5x5 does not fit into input [1,4,4,2]")));
  EXPECT_THAT(
      [&] {
        max_pool2d(Variable(Tensor::zeros({4, 4, 2})));
      },
      ThrowsMessage<ShapeError>(HasSubstr("[max_pool2d] input wants 4 axes [N,H,W,C], found [4,4,2]")));
  EXPECT_THAT(
      [&] {
        max_pool2d(Variable(Tensor::zeros({1, 0, 4, 2})));
      },
      ThrowsMessage<ShapeError>(HasSubstr("does not fit into input [1,0,4,2]")));
  for (const Padding bad : {Padding{2}, Padding{0, 2, 0, 0}, Padding{-1}, Padding{0, 0, INT64_MAX, 0}})
    EXPECT_THAT([&] { max_pool2d(x, {.padding = bad}); },
                ThrowsMessage<ShapeError>(HasSubstr("[max_pool2d] padding is at least 0 and less than the window 2x2")));
  for (const std::int64_t bad : {std::int64_t{0}, std::int64_t{-2}, INT64_MAX}) {
    EXPECT_THAT(
        [&] {
          max_pool2d(x, {.window = {bad, 2}});
        },
        ThrowsMessage<ShapeError>(HasSubstr("[max_pool2d] window and stride are in [1, ")));
    EXPECT_THAT(
        [&] {
          max_pool2d(x, {.stride = {2, bad}});
        },
        ThrowsMessage<ShapeError>(HasSubstr("[max_pool2d] window and stride are in [1, ")));
  }
  EXPECT_THAT(
      [&] {
        max_pool2d(Variable(Tensor::zeros({1, 4, 4, 2}, DType::u8)));
      },
      ThrowsMessage<ShapeError>(HasSubstr("[max_pool2d] wants f32, f64 or bf16, found u8")));
  EXPECT_THAT(
      [&] {
        max_pool2d(Variable(Tensor::zeros({0, 1 << 16, 1 << 16, 2})));
      },
      ThrowsMessage<ShapeError>(HasSubstr("less than 2^31 pixels")));
  EXPECT_THAT(
      [&] {
        max_pool2d(x, {.dilation = {0, 1}});
      },
      ThrowsMessage<ShapeError>(HasSubstr("[max_pool2d] window and stride are in [1, ")));
  EXPECT_THAT([&] { max_pool2d(x, {.window = 1 << 20, .dilation = 1 << 20}); }, ThrowsMessage<ShapeError>(HasSubstr("spans more than")));
  EXPECT_THAT([&] { max_pool2d(x, {.window = 3, .dilation = 3}); },
              ThrowsMessage<ShapeError>(HasSubstr("[max_pool2d] a window of 7x7 does not fit into input [1,4,4,2]")));
  EXPECT_THAT(
      [&] {
        max_pool2d(Variable(Tensor::zeros({1, 1, 4, 2})), {.window = 2, .stride = 1, .padding = 2, .dilation = 3});
      },
      ThrowsMessage<ShapeError>(HasSubstr("[max_pool2d] a window of 2x2 with dilation 3x3 has no cell inside input [1,1,4,2]")));
  EXPECT_THAT([&] { max_pool2d({}); }, ThrowsMessage<ShapeError>(HasSubstr("[max_pool2d] input 0 is undefined")));
}

}  // namespace
}  // namespace fovea
