#include "fovea/autograd/ops/reshape.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fovea/base/error.hpp"
#include "tensors.hpp"

namespace fovea {
namespace {

using test::uniform;
using testing::HasSubstr;
using testing::ThrowsMessage;

TEST(Reshape, KeepsTheElementsInOrder) {
  const Variable x(uniform({2, 3, 4}, 1), true);
  const Variable y = reshape(x, {6, -1});
  EXPECT_EQ(y.shape(), (Shape{6, 4}));
  EXPECT_EQ(y.value().to_vector<double>(), x.value().to_vector<double>());
  EXPECT_TRUE(y.value().shares_storage_with(x.value()));  // a view
}

TEST(Reshape, Gradients) {
  EXPECT_TRUE(test::gradients_match([](const auto& in) { return reshape(in[0], {6, -1}); }, {uniform({2, 3, 4}, 1)}));
  EXPECT_TRUE(test::gradients_match([](const auto& in) { return reshape(in[0], {}); }, {uniform({1, 1}, 1)}));
  EXPECT_TRUE(test::gradients_match([](const auto& in) { return reshape(in[0], {1, 7, 1, 1}); }, {uniform({7}, 1)}));
  EXPECT_TRUE(test::gradients_match([](const auto& in) { return reshape(in[0], {3, 0}); }, {uniform({0, 5}, 1)}));
  EXPECT_TRUE(test::f32_follows_f64([](const auto& in) { return reshape(in[0], {12, 2}); }, {uniform({2, 3, 4}, 1)}));
}

TEST(Reshape, TheLeafsGradientHasMemoryOfItsOwn) {
  const Variable x(uniform({2, 3}, 1), true);
  const Tensor seed = uniform({6}, 2);
  backward(reshape(x, {6}), seed);
  EXPECT_FALSE(x.grad().shares_storage_with(seed));
}

TEST(Reshape, RefusesOtherCounts) {
  const Variable x(Tensor::zeros({2, 3}));
  EXPECT_THAT([&] { reshape(x, {4, 2}); }, ThrowsMessage<ShapeError>(HasSubstr("[reshape] of [2,3] (6 elements) to [4,2]")));
  EXPECT_THAT([&] { reshape(x, {4, -1}); }, ThrowsMessage<ShapeError>(HasSubstr("[reshape] of [2,3] (6 elements) to [4,-1]")));
  EXPECT_THAT([&] { reshape(x, {-1, -1}); }, ThrowsMessage<ShapeError>(HasSubstr("at most one extent may be -1")));
  EXPECT_THAT([&] { reshape(x, {-2, -3}); }, ThrowsMessage<ShapeError>(HasSubstr("-2")));
  EXPECT_THROW(reshape({}, {2}), ShapeError);
  EXPECT_THROW(reshape(Variable(Tensor::zeros({0, 3})), {0, -1}), ShapeError);  // the -1 could be anything
}

TEST(Flatten, RowMajor) {
  const Variable x(uniform({2, 3, 4, 5}, 1));
  const Variable y = flatten(x);
  EXPECT_EQ(y.shape(), (Shape{2, 60}));
  EXPECT_EQ(y.value().to_vector<double>(), x.value().to_vector<double>());
}

TEST(Flatten, ShapesAndGradients) {
  const auto f = [](const auto& in) { return flatten(in[0]); };
  const std::pair<Shape, Shape> cases[] = {
      {{4}, {4, 1}}, {{2, 3}, {2, 3}}, {{3, 2, 2, 5}, {3, 20}}, {{0, 2, 3}, {0, 6}}, {{2, 0, 3}, {2, 0}},
  };
  for (const auto& [before, after] : cases) {
    EXPECT_EQ(flatten(Variable(uniform(before, 1))).shape(), after);
    EXPECT_TRUE(test::gradients_match(f, {uniform(before, 1)})) << before.to_string();
  }
}

TEST(Flatten, RefusesAScalar) {
  EXPECT_THAT([] { flatten(Variable(Tensor::zeros({}))); },
              ThrowsMessage<ShapeError>(HasSubstr("[flatten] wants at least one axis, found a scalar")));
  EXPECT_THROW(flatten({}), ShapeError);
}

}  // namespace
}  // namespace fovea
