// Root of sums of squares, and fractional maximum pooling.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "fovea/autograd/ops/average_pool2d.hpp"
#include "fovea/autograd/ops/fractional_max_pool2d.hpp"
#include "fovea/autograd/ops/l2_pool2d.hpp"
#include "fovea/base/error.hpp"
#include "tensors.hpp"

namespace fovea {
namespace {

using test::gradients_match, test::f32_follows_f64, test::uniform;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::ThrowsMessage;

struct L2Case {
  Shape x;
  Pool2dGeometry geometry;
};
const L2Case kL2Cases[] = {
    {{2, 5, 6, 3}, {}},
    {{1, 7, 5, 17}, {.window = 3, .stride = {2, 1}, .padding = 1}},
    {{1, 6, 8, 2}, {.window = {3, 2}, .stride = 2, .dilation = {1, 2}, .ceil_mode = true}},
    {{1, 1, 1, 1}, {.window = 1, .stride = 1}},
    {{0, 4, 4, 3}, {}},
};

TEST(L2Pool2d, IsTheRootOfTheSumOfSquares) {
  for (const L2Case& c : kL2Cases) {
    const Tensor x = uniform(c.x, 1);
    std::vector<double> squares = x.to_vector<double>();
    for (double& value : squares) value *= value;
    const Tensor sums = sum_pool2d(Variable(Tensor::from(squares, c.x)), c.geometry).value();
    std::vector<double> expected = sums.to_vector<double>();
    for (double& value : expected) value = std::sqrt(value);
    EXPECT_TRUE(test::near(l2_pool2d(Variable(x), c.geometry).value(), expected, sums.shape(), 1e-14)) << c.x.to_string();
  }
}

TEST(L2Pool2d, ThreeFourFive) {
  const Variable x(test::f32({3, 0, 4, 0}, {1, 2, 2, 1}), true);
  const Variable y = l2_pool2d(x);
  EXPECT_THAT(y.value().to_vector<float>(), ElementsAre(5));
  backward(y, test::f32({10}, {1, 1, 1, 1}));
  EXPECT_THAT(x.grad().to_vector<float>(), ElementsAre(6, 0, 8, 0));
}

TEST(L2Pool2d, Gradients) {
  for (const L2Case& c : kL2Cases) {
    const auto f = [&](const auto& in) { return l2_pool2d(in[0], c.geometry); };
    EXPECT_TRUE(gradients_match(f, {test::distinct(c.x, 1)})) << c.x.to_string();
    EXPECT_TRUE(f32_follows_f64(f, {test::distinct(c.x, 1)})) << c.x.to_string();
  }
}

TEST(L2Pool2d, NothingFlowsFromAWindowOfZeros) {
  const Variable x(Tensor::zeros({1, 2, 2, 1}), true);
  backward(l2_pool2d(x), Tensor::full({1, 1, 1, 1}, 3));
  EXPECT_THAT(x.grad().to_vector<float>(), ElementsAre(0, 0, 0, 0));
}

TEST(L2Pool2d, RefusesWhatDoesNotFit) {
  EXPECT_THAT(
      [] {
        l2_pool2d(Variable(Tensor::zeros({1, 4, 4, 2}, DType::bf16)));
      },
      ThrowsMessage<ShapeError>(HasSubstr("[l2_pool2d] is computed in f32 or f64, found bf16")));
  EXPECT_THAT(
      [] {
        l2_pool2d(Variable(Tensor::zeros({1, 1, 4, 2})));
      },
      ThrowsMessage<ShapeError>(HasSubstr("[l2_pool2d] a window of 2x2 does not fit")));
  EXPECT_THAT([] { l2_pool2d({}); }, ThrowsMessage<ShapeError>(HasSubstr("[l2_pool2d] input 0 is undefined")));
}

using Boundaries = std::vector<std::int64_t>;

/// Every window looked at cell by cell.
Tensor fractional_oracle(const Tensor& x, const Boundaries& rows, const Boundaries& columns, bool overlapping) {
  const std::int64_t h = x.extent(1), w = x.extent(2), c = x.extent(3), extra = overlapping ? 1 : 0;
  std::vector<double> y;
  for (std::int64_t n = 0; n < x.extent(0); ++n)
    for (std::size_t i = 0; i + 1 < rows.size(); ++i)
      for (std::size_t j = 0; j + 1 < columns.size(); ++j)
        for (std::int64_t channel = 0; channel < c; ++channel) {
          double largest = -1e300;
          for (std::int64_t row = rows[i]; row < std::min(h, rows[i + 1] + extra); ++row)
            for (std::int64_t column = columns[j]; column < std::min(w, columns[j + 1] + extra); ++column)
              largest = std::max(largest, x.data<double>()[((n * h + row) * w + column) * c + channel]);
          y.push_back(largest);
        }
  return Tensor::from(y, {x.extent(0), static_cast<std::int64_t>(rows.size()) - 1, static_cast<std::int64_t>(columns.size()) - 1, c});
}

struct FractionalCase {
  Shape x;
  Boundaries rows, columns;
};
const FractionalCase kFractionalCases[] = {
    {{2, 5, 7, 3}, {0, 2, 3, 5}, {0, 1, 3, 4, 6, 7}},
    {{1, 4, 4, 17}, {0, 4}, {0, 1, 2, 3, 4}},
    {{1, 1, 1, 1}, {0, 1}, {0, 1}},
    {{0, 3, 3, 2}, {0, 1, 3}, {0, 2, 3}},
};

TEST(FractionalMaxPool2d, ForwardIsTheDefinition) {
  for (const FractionalCase& c : kFractionalCases)
    for (const bool overlapping : {false, true}) {
      const Tensor x = test::distinct(c.x, 1);
      EXPECT_TRUE(test::identical(fractional_max_pool2d(Variable(x), c.rows, c.columns, overlapping).value(),
                                  fractional_oracle(x, c.rows, c.columns, overlapping)))
          << c.x.to_string() << overlapping;
    }
}

TEST(FractionalMaxPool2d, Gradients) {
  for (const FractionalCase& c : kFractionalCases)
    for (const bool overlapping : {false, true}) {
      const auto f = [&](const auto& in) { return fractional_max_pool2d(in[0], c.rows, c.columns, overlapping); };
      EXPECT_TRUE(gradients_match(f, {test::distinct(c.x, 1)})) << c.x.to_string() << overlapping;
      EXPECT_TRUE(f32_follows_f64(f, {test::distinct(c.x, 1)})) << c.x.to_string() << overlapping;
    }
  const FractionalMaxPool2dGeometry geometry{.window = {3, 2}, .output = {4, 3}, .sample_h = 0.3, .sample_w = 0.7};
  const auto f = [&](const auto& in) { return fractional_max_pool2d(in[0], geometry); };
  EXPECT_TRUE(gradients_match(f, {test::distinct({2, 9, 7, 3}, 1)}));
}

/// Graham 2014, section 2: steps of floor(alpha) and ceil(alpha) that lead from 0 to the input's extent.
TEST(FractionalMaxPool2d, BoundariesAreDrawn) {
  for (const FractionalSteps steps : {FractionalSteps::random, FractionalSteps::pseudo_random})
    for (const auto& [input, output] : {std::pair<std::int64_t, std::int64_t>{25, 18}, {7, 7}, {9, 1}, {100, 31}}) {
      RandomStream stream(3), same(3), other(4);
      const Boundaries a = fractional_boundaries(input, output, steps, stream), b = fractional_boundaries(input, output, steps, same);
      EXPECT_EQ(a, b);
      ASSERT_EQ(a.size(), static_cast<std::size_t>(output) + 1);
      EXPECT_EQ(a.front(), 0);
      EXPECT_EQ(a.back(), input);
      for (std::size_t i = 1; i < a.size(); ++i) {
        EXPECT_GE(a[i] - a[i - 1], input / output);
        EXPECT_LE(a[i] - a[i - 1], (input + output - 1) / output);
      }
      if (output == 1 || output == input) continue;  // one way to go
      const auto differs = [&](RandomStream& drawn) {
        bool found = false;
        for (int draw = 0; draw < 10; ++draw) found = found || fractional_boundaries(input, output, steps, drawn) != a;
        return found;
      };
      EXPECT_TRUE(differs(stream)) << "the stream goes on";
      EXPECT_TRUE(differs(other)) << "another seed";
    }
}

TEST(FractionalMaxPool2d, PseudoRandomStepsAreEven) {  // long and short steps alternate as evenly as can be: no two long ones for 2/3
  RandomStream stream(5);
  const Boundaries a = fractional_boundaries(40, 30, FractionalSteps::pseudo_random, stream);
  for (std::size_t i = 2; i < a.size(); ++i) EXPECT_LE(a[i] - a[i - 2], 3);
}

TEST(FractionalMaxPool2d, RefusesWhatDoesNotFit) {
  const Variable x(Tensor::zeros({1, 4, 5, 2}));
  EXPECT_THAT(
      [&] {
        fractional_max_pool2d(x, Boundaries{0, 2, 3}, Boundaries{0, 5});
      },
      ThrowsMessage<ShapeError>(HasSubstr("[fractional_max_pool2d] boundaries ascend from 0 to 4, found {0,2,3}")));
  EXPECT_THROW(fractional_max_pool2d(x, Boundaries{0, 2, 2, 4}, Boundaries{0, 5}), ShapeError);
  EXPECT_THROW(fractional_max_pool2d(x, Boundaries{0, 4}, Boundaries{}), ShapeError);
  RandomStream stream(1);
  EXPECT_THAT([&] { fractional_boundaries(4, 5, FractionalSteps::random, stream); },
              ThrowsMessage<ShapeError>(HasSubstr("an output of 5 cells is not within 1 and the input's 4")));
  EXPECT_THAT(
      [&] {
        fractional_max_pool2d(x, {.window = 2, .output = {4, 2}});
      },
      ThrowsMessage<ShapeError>(HasSubstr("4 windows of 2 cells do not fit into 4 cells")));
  EXPECT_THAT([&] { fractional_max_pool2d(x, {.window = 2, .output = 2, .sample_h = 1}); },
              ThrowsMessage<ShapeError>(HasSubstr("samples are in [0, 1), found 1")));
}

}  // namespace
}  // namespace fovea
