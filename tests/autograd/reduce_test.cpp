#include "fovea/autograd/ops/reduce.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "fovea/autograd/ops/softmax.hpp"
#include "fovea/autograd/ops/softmax_over.hpp"
#include "fovea/base/error.hpp"
#include "tensors.hpp"

namespace fovea {
namespace {

using test::gradients_match, test::f32_follows_f64, test::uniform;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::ThrowsMessage;

struct Case {
  Shape shape;
  std::vector<int> axes;
  Shape kept, left;
};

const Case kCases[] = {
    {{2, 3, 5, 4}, {1, 2}, {2, 1, 1, 4}, {2, 4}},
    {{2, 3, 5, 4}, {-1}, {2, 3, 5, 1}, {2, 3, 5}},
    {{2, 3, 5, 4}, {0, 2}, {1, 3, 1, 4}, {3, 4}},
    {{2, 3, 5, 4}, {3, 1}, {2, 1, 5, 1}, {2, 5}},
    {{7}, {0}, {1}, {}},
    {{2, 3}, {0, 1}, {1, 1}, {}},
    {{2, 3}, {}, {2, 3}, {2, 3}},
    {{0, 3}, {1}, {0, 1}, {0}},
    {{700, 33}, {0}, {1, 33}, {33}},
};

Tensor oracle(const Case& c, const Tensor& x) {
  std::vector<double> sums(static_cast<std::size_t>(c.kept.numel()), 0);
  for (std::int64_t i = 0; i < x.numel(); ++i) {
    std::int64_t rest = i, place = 0, step = 1;
    for (int axis = x.rank() - 1; axis >= 0; --axis) {
      const std::int64_t index = rest % x.extent(axis);
      rest /= x.extent(axis);
      if (c.kept[axis] != 1) place += index * step;
      step *= c.kept[axis];
    }
    sums[static_cast<std::size_t>(place)] += x.data<double>()[i];
  }
  return Tensor::from(sums, c.kept);
}

TEST(SumOver, ForwardIsTheDefinition) {
  for (const Case& c : kCases) {
    const Tensor x = uniform(c.shape, 1), expected = oracle(c, x);
    EXPECT_TRUE(test::near(sum_over(Variable(x), c.axes, true).value(), expected, 1e-13)) << c.shape.to_string();
    EXPECT_TRUE(test::near(sum_over(Variable(x), c.axes).value(), expected.reshape(c.left), 1e-13)) << c.shape.to_string();
  }
}

TEST(SumOver, Gradients) {
  for (const Case& c : kCases) {
    if (c.shape.numel() > 500) continue;
    for (const bool keep : {false, true}) {
      const auto f = [&](const auto& in) { return sum_over(in[0], c.axes, keep); };
      EXPECT_TRUE(gradients_match(f, {uniform(c.shape, 1)})) << c.shape.to_string();
      EXPECT_TRUE(f32_follows_f64(f, {uniform(c.shape, 1)})) << c.shape.to_string();
    }
    if (c.shape.numel() == 0) continue;
    const auto mean = [&](const auto& in) { return mean_over(in[0], c.axes); };
    EXPECT_TRUE(gradients_match(mean, {uniform(c.shape, 1)})) << c.shape.to_string();
  }
}

TEST(MeanOver, DividesByTheTerms) {
  const Variable x(test::f32({1, 2, 3, 4, 5, 9}, {2, 3}));
  EXPECT_THAT(mean_over(x, {1}).value().to_vector<float>(), ElementsAre(2, 6));
  EXPECT_THAT(mean_over(x, {0}).value().to_vector<float>(), ElementsAre(2.5, 3.5, 6));
}

TEST(MaxOver, TakesTheFirstOfTheLargest) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const Variable x(test::f32({1, 7, 3, 7, 2, 2}, {2, 3}), true);
  const Variable y = max_over(x, 1);
  EXPECT_EQ(y.shape(), (Shape{2}));
  EXPECT_THAT(y.value().to_vector<float>(), ElementsAre(7, 7));
  backward(y, test::f32({10, 20}, {2}));
  EXPECT_THAT(x.grad().to_vector<float>(), ElementsAre(0, 10, 0, 20, 0, 0));
  EXPECT_THAT(max_over(x, 0, true).value().to_vector<float>(), ElementsAre(7, 7, 3));
  EXPECT_TRUE(std::isnan(max_over(Variable(test::f32({1, nan, 3}, {3})), 0).item()));
}

TEST(MaxOver, Gradients) {
  for (const Shape& shape : {Shape{2, 3, 4}, Shape{1, 5, 1}, Shape{0, 3, 2}, Shape{2, 3, 0}})
    for (const int axis : {1, -2}) {
      const Tensor x = test::distinct(shape, 1);
      std::vector<double> expected;
      for (std::int64_t o = 0; o < shape[0]; ++o)
        for (std::int64_t i = 0; i < shape[2]; ++i) {
          double largest = -1e300;
          for (std::int64_t e = 0; e < shape[1]; ++e) largest = std::max(largest, x.data<double>()[(o * shape[1] + e) * shape[2] + i]);
          expected.push_back(largest);
        }
      EXPECT_TRUE(test::identical(max_over(Variable(x), axis).value(), Tensor::from(expected, {shape[0], shape[2]})));
      const auto f = [=](const auto& in) { return max_over(in[0], axis); };
      EXPECT_TRUE(gradients_match(f, {x})) << shape.to_string();
      EXPECT_TRUE(f32_follows_f64(f, {x})) << shape.to_string();
    }
}

TEST(Reduce, RefusesWhatDoesNotFit) {
  const Variable x(Tensor::zeros({2, 3}));
  EXPECT_THAT([&] { sum_over(x, {2}); }, ThrowsMessage<ShapeError>(HasSubstr("[sum_over] there is no axis 2 of 2")));
  EXPECT_THAT([&] { sum_over(x, {1, -1}); }, ThrowsMessage<ShapeError>(HasSubstr("[sum_over] axis 1 of [2,3] is named twice")));
  EXPECT_THAT([&] { sum_over(Variable(Tensor::zeros({2}, DType::i64)), {0}); },
              ThrowsMessage<ShapeError>(HasSubstr("[sum_over] wants f32, f64 or bf16")));
  EXPECT_THAT(
      [&] {
        mean_over(Variable(Tensor::zeros({0, 3})), {0});
      },
      ThrowsMessage<ShapeError>(HasSubstr("[mean_over] of no elements: shape [0,3]")));
  EXPECT_THAT(
      [&] {
        max_over(Variable(Tensor::zeros({0, 3})), 0);
      },
      ThrowsMessage<ShapeError>(HasSubstr("[max_over] axis 0 of [0,3] has no entries")));
  EXPECT_THAT([&] { max_over(x, -3); }, ThrowsMessage<ShapeError>(HasSubstr("[max_over] there is no axis -3 of 2")));
  EXPECT_THAT([] { sum_over({}, {0}); }, ThrowsMessage<ShapeError>(HasSubstr("[sum_over] input 0 is undefined")));
}

TEST(SoftmaxOver, AddsUpToOneAlongItsAxis) {
  for (const Shape& shape : {Shape{2, 3, 5, 4}, Shape{1, 1, 7, 1}, Shape{0, 3, 2, 2}})
    for (const int axis : {0, 1, 2, 3, -2}) {
      if (shape.at(axis) == 0) continue;  // refused, as softmax does
      const Tensor x = uniform(shape, 1);
      const Tensor y = softmax_over(Variable(x), axis).value();
      // exp(x) over its own sums
      std::vector<double> powers = x.to_vector<double>();
      for (double& value : powers) value = std::exp(value);
      const Variable exps(Tensor::from(powers, shape));
      const Tensor sums = sum_over(exps, {axis}, true).value();
      const int place = axis < 0 ? axis + 4 : axis;
      std::int64_t inner = 1;
      for (int behind = place + 1; behind < 4; ++behind) inner *= shape[behind];
      for (std::size_t i = 0; i < powers.size(); ++i) {
        const auto element = static_cast<std::int64_t>(i);
        powers[i] /= sums.data<double>()[element / (inner * shape[place]) * inner + element % inner];
      }
      EXPECT_TRUE(test::near(y, powers, shape, 1e-14)) << shape.to_string() << axis;
      const auto f = [=](const auto& in) { return softmax_over(in[0], axis); };
      EXPECT_TRUE(gradients_match(f, {x})) << shape.to_string() << axis;
    }
  EXPECT_THAT(
      [] {
        softmax_over(Variable(Tensor::zeros({2, 2})), 2);
      },
      ThrowsMessage<ShapeError>(HasSubstr("[softmax_over] there is no axis 2 of 2")));
}

TEST(SpatialSoftmax, EachChannelsPixelsAddUpToOne) {
  for (const Shape& shape : {Shape{2, 3, 4, 3}, Shape{1, 1, 1, 2}, Shape{0, 2, 2, 2}}) {
    const Variable y = spatial_softmax(Variable(uniform(shape, 1)));
    const Tensor sums = sum_over(y, {1, 2}).value();
    for (const double sum : sums.span<double>()) EXPECT_NEAR(sum, 1, 1e-14);
    EXPECT_TRUE(gradients_match([](const auto& in) { return spatial_softmax(in[0]); }, {uniform(shape, 1)})) << shape.to_string();
  }
  EXPECT_THROW(spatial_softmax(Variable(Tensor::zeros({2, 2}))), ShapeError);
}

}  // namespace
}  // namespace fovea
