// prelu, glu and maxout.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fovea/autograd/ops/glu.hpp"
#include "fovea/autograd/ops/linear.hpp"
#include "fovea/autograd/ops/maxout.hpp"
#include "fovea/autograd/ops/prelu.hpp"
#include "fovea/base/error.hpp"
#include "tensors.hpp"

namespace fovea {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

const Shape kShapes[] = {{6}, {5, 12}, {2, 3, 5, 6}, {3, 1, 2, 36}, {0, 4, 4, 6}};

TEST(Prelu, ForwardAndGradients) {
  const auto f = [](const auto& in) { return prelu(in[0], in[1]); };
  for (const Shape& shape : kShapes)
    for (const std::int64_t slopes : {std::int64_t{1}, shape.at(-1)}) {
      SCOPED_TRACE(shape.to_string() + ", slopes " + std::to_string(slopes));
      const Tensor x = test::distinct(shape, 1), slope = test::uniform({slopes}, 2);
      std::vector<double> expected;
      for (std::int64_t i = 0; i < x.numel(); ++i) {
        const double value = x.data<double>()[i];
        expected.push_back(value > 0 ? value : slope.data<double>()[i % slopes] * value);
      }
      EXPECT_TRUE(test::near(prelu(Variable(x), Variable(slope)).value(), expected, shape, 1e-15));
      EXPECT_TRUE(test::gradients_match(f, {x, slope}));
      EXPECT_TRUE(test::f32_follows_f64(f, {x, slope}));
    }
}

TEST(Prelu, InBf16HasAnF32Slope) {
  const Variable x(test::f64({-2, 3, -4, 5}, {2, 2}).to(DType::bf16), true), slope(test::f32({0.5f, 0.25f}, {2}), true);
  const Variable y = prelu(x, slope);
  EXPECT_EQ(y.dtype(), DType::bf16);
  EXPECT_THAT(test::values_of(y.value()), testing::ElementsAre(-1, 3, -2, 5));
  backward(y, Tensor::full({2, 2}, 2, DType::bf16));
  EXPECT_THAT(test::values_of(x.grad()), testing::ElementsAre(1, 2, 1, 2));
  EXPECT_EQ(slope.grad().dtype(), DType::f32);
  EXPECT_THAT(test::values_of(slope.grad()), testing::ElementsAre(-12, 0));
}

TEST(Prelu, Refuses) {
  const Variable x(Tensor::zeros({2, 3}));
  EXPECT_THAT([&] { prelu(x, Variable(Tensor::zeros({2}))); },
              ThrowsMessage<ShapeError>(HasSubstr("[prelu] slope has shape [2], expected [1] or [3]")));
  EXPECT_THAT([&] { prelu(x, Variable(Tensor::zeros({3}, DType::f64))); },
              ThrowsMessage<ShapeError>(HasSubstr("[prelu] slope has type f64")));
  EXPECT_THAT([&] { prelu(Variable(Tensor::zeros({})), Variable(Tensor::zeros({1}))); }, ThrowsMessage<ShapeError>(HasSubstr("a scalar")));
  EXPECT_THAT([&] { prelu(Variable(Tensor::zeros({3}, DType::u8)), Variable(Tensor::zeros({1}))); },
              ThrowsMessage<ShapeError>(HasSubstr("[prelu] wants f32, f64 or bf16, found u8")));
}

TEST(Glu, ForwardAndGradients) {
  const auto f = [](const auto& in) { return glu(in[0]); };
  for (const Shape& shape : kShapes) {
    const Tensor x = test::uniform(shape, 1);
    const std::int64_t half = shape.at(-1) / 2;
    std::vector<std::int64_t> extents(shape.begin(), shape.end());
    extents.back() = half;
    std::vector<double> expected;
    for (std::int64_t start = 0; start < x.numel(); start += 2 * half)
      for (std::int64_t c = start; c < start + half; ++c)
        expected.push_back(x.data<double>()[c] / (1 + std::exp(-x.data<double>()[c + half])));
    EXPECT_TRUE(test::near(glu(Variable(x)).value(), expected, Shape(extents), 1e-15)) << shape.to_string();
    EXPECT_TRUE(test::gradients_match(f, {x})) << shape.to_string();
    EXPECT_TRUE(test::f32_follows_f64(f, {x})) << shape.to_string();
  }
}

TEST(Glu, Refuses) {
  EXPECT_THAT(
      [] {
        glu(Variable(Tensor::zeros({2, 3})));
      },
      ThrowsMessage<ShapeError>(HasSubstr("[glu] wants a last axis of even length, found [2,3]")));
  EXPECT_THAT([] { glu(Variable(Tensor::zeros({}))); }, ThrowsMessage<ShapeError>(HasSubstr("[glu] wants a last axis")));
  EXPECT_THAT([] { glu(Variable(Tensor::zeros({2}, DType::i32))); }, ThrowsMessage<ShapeError>(HasSubstr("found i32")));
}

TEST(Maxout, ForwardAndGradients) {
  for (const Shape& shape : kShapes)
    for (const std::int64_t k : {1, 2, 3}) {
      SCOPED_TRACE(shape.to_string() + " by " + std::to_string(k));
      const auto f = [k](const auto& in) { return maxout(in[0], k); };
      const Tensor x = test::distinct(shape, 1);
      std::vector<std::int64_t> extents(shape.begin(), shape.end());
      extents.at(extents.size() - 1) /= k;
      std::vector<double> expected;
      for (std::int64_t i = 0; i < x.numel(); i += k) expected.push_back(*std::max_element(x.data<double>() + i, x.data<double>() + i + k));
      EXPECT_TRUE(test::near(maxout(Variable(x), k).value(), expected, Shape(extents), 0));
      EXPECT_TRUE(test::gradients_match(f, {x}));
      EXPECT_TRUE(test::f32_follows_f64(f, {x}));
    }
}

/// max(w1 x, w2 x) with the rows of w1 and w2 by turns.
TEST(Maxout, OfALinearLayerIsTheLargerOfTwo) {
  const Variable x(test::uniform({4, 3}, 1)), w1(test::uniform({2, 3}, 2)), w2(test::uniform({2, 3}, 3));
  std::vector<double> rows;
  for (std::int64_t row = 0; row < 2; ++row)
    for (const Variable& w : {w1, w2}) rows.insert(rows.end(), w.value().data<double>() + row * 3, w.value().data<double>() + row * 3 + 3);
  const auto a = test::values_of(linear(x, w1).value()), b = test::values_of(linear(x, w2).value());
  std::vector<double> expected;
  for (std::size_t i = 0; i < a.size(); ++i) expected.push_back(std::max(a[i], b[i]));
  EXPECT_TRUE(test::near(maxout(linear(x, Variable(test::f64(rows, {4, 3}))), 2).value(), expected, {4, 2}, 1e-15));
}

TEST(Maxout, TheFirstOfEqualOnesTakesTheGradientAndNanWins) {
  const Variable x(test::f64({1, 1, -2, std::nan("")}, {4}), true);
  const Variable y = maxout(x);
  EXPECT_EQ(y.value().data<double>()[0], 1);
  EXPECT_TRUE(std::isnan(y.value().data<double>()[1]));
  backward(y, test::f64({5, 7}, {2}));
  EXPECT_THAT(test::values_of(x.grad()), testing::ElementsAre(5, 0, 0, 7));
}

TEST(Maxout, Refuses) {
  const Variable x(Tensor::zeros({2, 3}));
  EXPECT_THAT([&] { maxout(x, 2); }, ThrowsMessage<ShapeError>(HasSubstr("[maxout] wants a last axis that 2 divides, found [2,3]")));
  EXPECT_THAT([&] { maxout(x, 0); }, ThrowsMessage<OptionError>(HasSubstr("[maxout] k is at least 1, found 0")));
  EXPECT_THAT([] { maxout(Variable(Tensor::zeros({2}, DType::bf16))); },
              ThrowsMessage<ShapeError>(HasSubstr("[maxout] is computed in f32 or f64")));
}

}  // namespace
}  // namespace fovea
