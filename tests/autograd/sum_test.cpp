#include "fovea/autograd/ops/sum.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fovea/base/error.hpp"
#include "tensors.hpp"

namespace fovea {
namespace {

using test::gradients_match;
using test::uniform;
using testing::HasSubstr;
using testing::ThrowsMessage;

const Shape kShapes[] = {{}, {1}, {37}, {2, 3, 5}, {3, 1, 2, 7}};

double total(const Tensor& x) {
  double sum = 0;
  for (const double value : x.span<double>()) sum += value;
  return sum;
}

TEST(Sum, ForwardAndGradients) {
  for (const Shape& shape : kShapes) {
    const Tensor x = uniform(shape, 1);
    const Variable y = sum(Variable(x));
    EXPECT_EQ(y.shape(), Shape{});
    EXPECT_NEAR(y.item(), total(x), 1e-14 * static_cast<double>(shape.numel()));
    const auto f = [](const auto& in) { return sum(in[0]); };
    EXPECT_TRUE(gradients_match(f, {x})) << shape.to_string();
    EXPECT_TRUE(test::f32_follows_f64(f, {x})) << shape.to_string();
  }
}

TEST(Sum, OfManyIntegersIsExactInF32) {
  const Tensor x = test::integers({100'003}, 5);
  EXPECT_EQ(sum(Variable(x.to(DType::f32))).item(), total(x));
}

TEST(Sum, OfNothingIsZero) {
  const Variable x(Tensor::zeros({0, 3}, DType::f64), true);
  const Variable y = sum(x);
  EXPECT_EQ(y.item(), 0);
  backward(y);
  EXPECT_EQ(x.grad().shape(), (Shape{0, 3}));
}

TEST(Mean, ForwardAndGradients) {
  for (const Shape& shape : kShapes) {
    const Tensor x = uniform(shape, 2);
    const Variable y = mean(Variable(x));
    EXPECT_EQ(y.shape(), Shape{});
    EXPECT_NEAR(y.item(), total(x) / static_cast<double>(shape.numel()), 1e-14);
    EXPECT_TRUE(gradients_match([](const auto& in) { return mean(in[0]); }, {x})) << shape.to_string();
  }
}

TEST(Mean, RefusesNothing) {
  EXPECT_THAT([] { mean(Variable(Tensor::zeros({0, 3}))); }, ThrowsMessage<ShapeError>(HasSubstr("[mean] of no elements: shape [0,3]")));
}

TEST(Sum, RefusesIntegersAndUndefined) {
  EXPECT_THAT([] { sum(Variable(Tensor::zeros({2}, DType::i32))); },
              ThrowsMessage<ShapeError>(HasSubstr("[sum] wants f32, f64 or bf16, found i32")));
  EXPECT_THAT([] { sum({}); }, ThrowsMessage<ShapeError>(HasSubstr("[sum] input 0 is undefined")));
  EXPECT_THROW(mean({}), ShapeError);
}

}  // namespace
}  // namespace fovea
