#include "fovea/autograd/ops/adaptive_pool2d.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "fovea/autograd/ops/average_pool2d.hpp"
#include "fovea/base/error.hpp"
#include "tensors.hpp"

namespace fovea {
namespace {

using test::gradients_match, test::f32_follows_f64;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::ThrowsMessage;

struct Case {
  Shape x;
  Extent2 output;
};

const Case kCases[] = {
    {{1, 1, 1, 1}, 1},      {{2, 5, 7, 3}, 1},      {{2, 5, 7, 3}, {2, 3}}, {{1, 7, 6, 17}, {3, 6}},
    {{1, 2, 3, 2}, {5, 4}}, {{2, 8, 4, 5}, {4, 2}}, {{0, 4, 4, 3}, {2, 2}}, {{2, 4, 4, 0}, {2, 2}},
};

/// The definition with floor and ceil of real numbers.
Tensor oracle(const Tensor& x, Extent2 output, bool maximum) {
  const std::int64_t h = x.extent(1), w = x.extent(2), c = x.extent(3);
  const auto begin = [](std::int64_t i, std::int64_t extent, std::int64_t count) {
    return static_cast<std::int64_t>(std::floor(static_cast<double>(i * extent) / static_cast<double>(count)));
  };
  const auto end = [](std::int64_t i, std::int64_t extent, std::int64_t count) {
    return static_cast<std::int64_t>(std::ceil(static_cast<double>((i + 1) * extent) / static_cast<double>(count)));
  };
  std::vector<double> values;
  for (std::int64_t n = 0; n < x.extent(0); ++n)
    for (std::int64_t i = 0; i < output.height; ++i)
      for (std::int64_t j = 0; j < output.width; ++j)
        for (std::int64_t channel = 0; channel < c; ++channel) {
          double sum = 0, largest = -1e300, cells = 0;
          for (std::int64_t row = begin(i, h, output.height); row < end(i, h, output.height); ++row)
            for (std::int64_t column = begin(j, w, output.width); column < end(j, w, output.width); ++column) {
              const double value = x.data<double>()[((n * h + row) * w + column) * c + channel];
              sum += value;
              largest = std::max(largest, value);
              cells += 1;
            }
          values.push_back(maximum ? largest : sum / cells);
        }
  return Tensor::from(values, {x.extent(0), output.height, output.width, c});
}

TEST(AdaptivePool2d, ForwardIsTheDefinition) {
  for (const Case& c : kCases) {
    const Tensor x = test::distinct(c.x, 1);
    EXPECT_TRUE(test::near(adaptive_average_pool2d(Variable(x), c.output).value(), oracle(x, c.output, false), 1e-15)) << c.x.to_string();
    EXPECT_TRUE(test::identical(adaptive_max_pool2d(Variable(x), c.output).value(), oracle(x, c.output, true))) << c.x.to_string();
    EXPECT_TRUE(test::identical(adaptive_max_pool2d(Variable(x, true), c.output).value(), oracle(x, c.output, true))) << c.x.to_string();
  }
}

TEST(AdaptivePool2d, Gradients) {
  for (const Case& c : kCases) {
    const auto average = [&](const auto& in) { return adaptive_average_pool2d(in[0], c.output); };
    const auto maximum = [&](const auto& in) { return adaptive_max_pool2d(in[0], c.output); };
    for (const test::VariableFunction& f : {test::VariableFunction(average), test::VariableFunction(maximum)}) {
      EXPECT_TRUE(gradients_match(f, {test::distinct(c.x, 1)})) << c.x.to_string();
      EXPECT_TRUE(f32_follows_f64(f, {test::distinct(c.x, 1)})) << c.x.to_string();
    }
  }
}

TEST(AdaptivePool2d, TiesGoToTheFirstInScanOrder) {
  const Variable x(Tensor::full({1, 2, 2, 1}, 3), true);
  backward(adaptive_max_pool2d(x, 1), Tensor::full({1, 1, 1, 1}, 5));
  EXPECT_THAT(x.grad().to_vector<float>(), ElementsAre(5, 0, 0, 0));
}

TEST(AdaptivePool2d, ABatchIsItsImages) {
  const Tensor x = test::uniform({3, 9, 11, 20}, 1).to(DType::f32);
  const Tensor together = adaptive_average_pool2d(Variable(x), {2, 3}).value();
  for (std::int64_t n = 0; n < 3; ++n)
    EXPECT_TRUE(test::identical(adaptive_average_pool2d(Variable(x.slice(n, n + 1)), {2, 3}).value(), together.slice(n, n + 1)));
}

TEST(AdaptivePool2d, RefusesWhatDoesNotFit) {
  const Variable x(Tensor::zeros({1, 4, 4, 2}));
  EXPECT_THAT(
      [&] {
        adaptive_average_pool2d(x, {0, 2});
      },
      ThrowsMessage<ShapeError>(HasSubstr("[adaptive_average_pool2d] the output's extents are in [1, 1048576], found 0x2")));
  EXPECT_THAT([&] { adaptive_max_pool2d(x, {2, INT64_MAX}); }, ThrowsMessage<ShapeError>(HasSubstr("[adaptive_max_pool2d] the output's")));
  EXPECT_THAT(
      [] {
        adaptive_max_pool2d(Variable(Tensor::zeros({4, 4, 2})), 1);
      },
      ThrowsMessage<ShapeError>(HasSubstr("[adaptive_max_pool2d] input wants 4 axes [N,H,W,C], found [4,4,2]")));
  EXPECT_THAT(
      [] {
        adaptive_average_pool2d(Variable(Tensor::zeros({1, 4, 0, 2})), 1);
      },
      ThrowsMessage<ShapeError>(HasSubstr("[adaptive_average_pool2d] the images have no pixels: shape [1,4,0,2]")));
  EXPECT_THAT(
      [] {
        adaptive_max_pool2d(Variable(Tensor::zeros({1, 4, 4, 2}, DType::u8)), 1);
      },
      ThrowsMessage<ShapeError>(HasSubstr("wants f32, f64 or bf16, found u8")));
  EXPECT_THAT([] { adaptive_max_pool2d({}, 1); }, ThrowsMessage<ShapeError>(HasSubstr("[adaptive_max_pool2d] input 0 is undefined")));
}

TEST(GlobalMaxPool2d, IsTheMaximumOfEachImage) {
  for (const Shape& shape : {Shape{1, 1, 1, 1}, Shape{2, 3, 5, 4}, Shape{3, 7, 1, 35}, Shape{0, 4, 4, 2}}) {
    const Tensor x = test::distinct(shape, 1);
    const auto f = [](const auto& in) { return global_max_pool2d(in[0]); };
    EXPECT_TRUE(test::identical(f(std::vector{Variable(x)}).value(), oracle(x, 1, true).reshape({shape[0], shape[3]})))
        << shape.to_string();
    EXPECT_TRUE(gradients_match(f, {x})) << shape.to_string();
  }
  EXPECT_THAT(
      [] {
        global_max_pool2d(Variable(Tensor::zeros({2, 0, 4, 3})));
      },
      ThrowsMessage<ShapeError>(HasSubstr("[global_max_pool2d] the images have no pixels")));
}

}  // namespace
}  // namespace fovea
