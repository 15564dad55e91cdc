#include "fovea/autograd/ops/resize2d.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "fovea/autograd/ops/sum.hpp"
#include "fovea/base/error.hpp"
#include "golden.hpp"

namespace fovea {
namespace {

using test::gradients_match, test::f32_follows_f64, test::uniform;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::ThrowsMessage;

struct Case {
  Shape x;
  Extent2 output;
};

const Case kCases[] = {
    {{1, 1, 1, 1}, {3, 2}},  {{2, 3, 4, 3}, {6, 8}},  {{1, 5, 7, 17}, {3, 4}}, {{2, 4, 4, 1}, {4, 4}},
    {{1, 6, 5, 2}, {1, 11}}, {{1, 2, 3, 16}, {7, 1}}, {{0, 3, 3, 2}, {5, 5}},  {{2, 3, 3, 0}, {5, 5}},
};

std::vector<ResizeOptions> options() {
  return {{.interpolation = Interpolation::nearest},
          {.interpolation = Interpolation::nearest_exact},
          {.interpolation = Interpolation::bilinear},
          {.interpolation = Interpolation::bilinear, .align_corners = true},
          {.interpolation = Interpolation::bicubic},
          {.interpolation = Interpolation::bicubic, .align_corners = true},
          {.interpolation = Interpolation::bilinear, .step_h = 0.7, .step_w = 1.3},
          {.interpolation = Interpolation::nearest, .step_h = 0.4}};
}

/// How much pixel `pixel` of an axis counts at place `at` of it, when beyond the border the border's pixel is repeated.
double influence(double at, std::int64_t pixel, std::int64_t extent, Interpolation interpolation) {
  double sum = 0;
  for (std::int64_t place = -20; place < extent + 20; ++place) {
    if (std::clamp<std::int64_t>(place, 0, extent - 1) != pixel) continue;
    const double d = std::abs(at - static_cast<double>(place)), a = -0.75;
    if (interpolation == Interpolation::bilinear)
      sum += std::max(0.0, 1 - d);
    else  // Keys 1981
      sum += d <= 1 ? (a + 2) * d * d * d - (a + 3) * d * d + 1 : d < 2 ? a * d * d * d - 5 * a * d * d + 8 * a * d - 4 * a : 0;
  }
  return sum;
}

double weight(std::int64_t i, std::int64_t pixel, std::int64_t extent, std::int64_t output, double step, const ResizeOptions& o) {
  const double s = step > 0 ? step : static_cast<double>(extent) / static_cast<double>(output);
  const auto at = static_cast<double>(i);
  if (o.interpolation == Interpolation::nearest || o.interpolation == Interpolation::nearest_exact) {
    const double place = std::floor((at + (o.interpolation == Interpolation::nearest ? 0 : 0.5)) * s + 1e-12);
    return std::min(place, static_cast<double>(extent - 1)) == static_cast<double>(pixel) ? 1 : 0;
  }
  if (o.align_corners)
    return influence(output > 1 ? at * static_cast<double>(extent - 1) / static_cast<double>(output - 1) : 0, pixel, extent,
                     o.interpolation);
  return influence((at + 0.5) * s - 0.5, pixel, extent, o.interpolation);
}

/// The definition: every pixel of the input with its influence.
Tensor oracle(const Tensor& x, Extent2 output, const ResizeOptions& o) {
  const std::int64_t h = x.extent(1), w = x.extent(2), c = x.extent(3);
  std::vector<double> y;
  for (std::int64_t n = 0; n < x.extent(0); ++n)
    for (std::int64_t i = 0; i < output.height; ++i)
      for (std::int64_t j = 0; j < output.width; ++j)
        for (std::int64_t channel = 0; channel < c; ++channel) {
          double sum = 0;
          for (std::int64_t row = 0; row < h; ++row)
            for (std::int64_t column = 0; column < w; ++column)
              sum += weight(i, row, h, output.height, o.step_h, o) * weight(j, column, w, output.width, o.step_w, o) *
                     x.data<double>()[((n * h + row) * w + column) * c + channel];
          y.push_back(sum);
        }
  return Tensor::from(y, {x.extent(0), output.height, output.width, c});
}

std::string describe(const Case& c, std::size_t option) {
  return c.x.to_string() + " to " + std::to_string(c.output.height) + "x" + std::to_string(c.output.width) + ", option " +
         std::to_string(option);
}

TEST(Resize2d, ForwardIsTheDefinition) {
  const auto all = options();
  for (const Case& c : kCases)
    for (std::size_t o = 0; o < all.size(); ++o) {
      const Tensor x = uniform(c.x, 1);
      EXPECT_TRUE(test::near(resize2d(Variable(x), c.output, all[o]).value(), oracle(x, c.output, all[o]), 1e-12)) << describe(c, o);
    }
}

TEST(Resize2d, Gradients) {
  const auto all = options();
  for (const Case& c : kCases)
    for (std::size_t o = 0; o < all.size(); ++o) {
      const auto f = [&](const auto& in) { return resize2d(in[0], c.output, all[o]); };
      EXPECT_TRUE(gradients_match(f, {uniform(c.x, 1)})) << describe(c, o);
      EXPECT_TRUE(f32_follows_f64(f, {uniform(c.x, 1)})) << describe(c, o);
    }
}

TEST(Resize2d, TheSameSizeIsTheSameImage) {
  const Tensor x = uniform({2, 5, 7, 3}, 1);
  for (const ResizeOptions& o : options()) {
    if (o.step_h > 0) continue;
    EXPECT_TRUE(test::identical(resize2d(Variable(x), {5, 7}, o).value(), x));
  }
}

TEST(Resize2d, AConstantStaysConstant) {
  const Variable x(Tensor::full({1, 3, 5, 2}, 7));
  for (const ResizeOptions& o : options())
    EXPECT_TRUE(test::near(resize2d(x, {8, 4}, o).value(), std::vector<double>(64, 7.0), {1, 8, 4, 2}, 1e-6));
}

TEST(Resize2d, NearestTakesTheMiddlesThatTheLecturesTake) {  // Gould, section 6.2: places {0.5, 1, 1.5, 2} over {1, 2}, 0.5 rounds up
  const Variable x(test::f32({1, 2}, {1, 1, 2, 1}));
  EXPECT_THAT(resize2d(x, {1, 4}, {.interpolation = Interpolation::nearest}).value().to_vector<float>(), ElementsAre(1, 1, 2, 2));
}

TEST(Resize2d, WholeStepsAreExact) {  // quotients in floating point would give 2.9999 for the third of these
  for (std::int64_t output = 1; output < 200; ++output) {
    std::vector<float> numbers(static_cast<std::size_t>(output) * 3);
    for (std::size_t i = 0; i < numbers.size(); ++i) numbers[i] = static_cast<float>(i);
    const Variable y =
        resize2d(Variable(Tensor::from(numbers, {1, output * 3, 1, 1})), {output, 1}, {.interpolation = Interpolation::nearest});
    for (std::int64_t i = 0; i < output; ++i) ASSERT_EQ(y.value().data<float>()[i], static_cast<float>(3 * i));
  }
}

TEST(Resize2d, RescaleRoundsDownAndKeepsTheStep) {
  const Tensor x = uniform({1, 5, 7, 2}, 1);
  const Variable y = rescale2d(Variable(x), 1.5, 0.5);
  EXPECT_EQ(y.shape(), (Shape{1, 7, 3, 2}));
  EXPECT_TRUE(test::near(y.value(), oracle(x, {7, 3}, {.step_h = 1 / 1.5, .step_w = 2}), 1e-12));
  const ResizeOptions corners{.interpolation = Interpolation::bicubic, .align_corners = true};
  EXPECT_TRUE(test::near(rescale2d(Variable(x), 1.5, 0.5, corners).value(), oracle(x, {7, 3}, corners), 1e-12));
}

TEST(Resize2d, ABatchIsItsImages) {
  const Tensor x = uniform({3, 9, 11, 20}, 1).to(DType::f32);
  const Tensor together = resize2d(Variable(x), {20, 5}).value();
  for (std::int64_t n = 0; n < 3; ++n)
    EXPECT_TRUE(test::identical(resize2d(Variable(x.slice(n, n + 1)), {20, 5}).value(), together.slice(n, n + 1)));
}

TEST(Resize2d, Torch) {
  test::for_each_golden("resize2d.json", [](const Json& c, DType dtype, double tolerance) {
    const std::string mode = c.at("mode");
    const ResizeOptions o{.interpolation = mode == "nearest"         ? Interpolation::nearest
                                           : mode == "nearest-exact" ? Interpolation::nearest_exact
                                           : mode == "bilinear"      ? Interpolation::bilinear
                                                                     : Interpolation::bicubic,
                          .align_corners = c.at("align_corners")};
    test::expect_golden(c, dtype, tolerance, [&](const Variable& x) {
      if (c.contains("factor")) return rescale2d(x, c.at("factor")[0], c.at("factor")[1], o);
      return resize2d(x, test::extent2_of(c.at("output")), o);
    });
  });
}

TEST(Resize2d, RefusesWhatDoesNotFit) {
  const Variable x(Tensor::zeros({1, 4, 4, 2}));
  EXPECT_THAT(
      [&] {
        resize2d(x, {0, 2});
      },
      ThrowsMessage<ShapeError>(HasSubstr("[resize2d] an extent of the result is in [1, 1073741824], found 0")));
  EXPECT_THAT([&] { resize2d(x, {2, INT64_MAX}); }, ThrowsMessage<ShapeError>(HasSubstr("[resize2d] an extent of the result")));
  EXPECT_THAT(
      [] {
        resize2d(Variable(Tensor::zeros({1, 0, 4, 2})), 2);
      },
      ThrowsMessage<ShapeError>(HasSubstr("[resize2d] the images have no pixels: shape [1,0,4,2]")));
  EXPECT_THAT(
      [] {
        resize2d(Variable(Tensor::zeros({4, 4, 2})), 2);
      },
      ThrowsMessage<ShapeError>(HasSubstr("[resize2d] input wants 4 axes [N,H,W,C]")));
  EXPECT_THAT(
      [] {
        resize2d(Variable(Tensor::zeros({1, 4, 4, 2}, DType::u8)), 2);
      },
      ThrowsMessage<ShapeError>(HasSubstr("[resize2d] wants f32, f64 or bf16, found u8")));
  EXPECT_THAT([&] { resize2d(x, 2, {.interpolation = Interpolation::nearest, .align_corners = true}); },
              ThrowsMessage<ShapeError>(HasSubstr("[resize2d] align_corners goes with bilinear and bicubic")));
  EXPECT_THAT([&] { resize2d(x, 2, {.step_h = -1}); }, ThrowsMessage<ShapeError>(HasSubstr("[resize2d] steps are positive")));
  EXPECT_THAT([&] { rescale2d(x, 0, 1); }, ThrowsMessage<ShapeError>(HasSubstr("[rescale2d] a factor is positive")));
  EXPECT_THAT([&] { rescale2d(x, 1e300, 1); }, ThrowsMessage<ShapeError>(HasSubstr("[rescale2d] a factor is positive")));
  EXPECT_THAT([&] { rescale2d(x, 0.1, 1); }, ThrowsMessage<ShapeError>(HasSubstr("[resize2d] an extent of the result")));
  EXPECT_THAT([] { resize2d({}, 2); }, ThrowsMessage<ShapeError>(HasSubstr("[resize2d] input 0 is undefined")));
}

}  // namespace
}  // namespace fovea
