// group_norm, instance_norm and layer_norm.
#include "fovea/autograd/ops/group_norm.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fovea/base/error.hpp"
#include "tensors.hpp"

namespace fovea {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

/// One group of one sample at a time: samples [n], pixels [pixels], channels [channels] of x in memory order.
std::vector<double> oracle(const Tensor& x, std::int64_t n, std::int64_t channels, std::int64_t groups, const Tensor& gamma,
                           const Tensor& beta, double epsilon) {
  const std::int64_t pixels = n * channels == 0 ? 0 : x.numel() / (n * channels), width = channels / groups;
  std::vector<double> y(static_cast<std::size_t>(x.numel()));
  for (std::int64_t sample = 0; sample < n; ++sample)
    for (std::int64_t group = 0; group < groups; ++group) {
      std::vector<std::int64_t> places;
      for (std::int64_t i = 0; i < pixels * channels; ++i)
        if (i % channels / width == group) places.push_back(sample * pixels * channels + i);
      double mean = 0, variance = 0;
      for (const auto i : places) mean += x.data<double>()[i] / static_cast<double>(places.size());
      for (const auto i : places) variance += std::pow(x.data<double>()[i] - mean, 2) / static_cast<double>(places.size());
      for (const auto i : places) {
        const double normalized = (x.data<double>()[i] - mean) / std::sqrt(variance + epsilon);
        const std::int64_t c = i % channels;
        y[static_cast<std::size_t>(i)] = gamma.defined() ? normalized * gamma.data<double>()[c] + beta.data<double>()[c] : normalized;
      }
    }
  return y;
}

const Shape kShapes[] = {{2, 3, 5, 6}, {1, 1, 2, 18}, {3, 6}, {2, 7, 12}, {0, 2, 2, 6}};

void check(const test::VariableFunction& f, const std::vector<Tensor>& inputs, const std::vector<double>& expected) {
  std::vector<Variable> variables(inputs.begin(), inputs.end());
  EXPECT_TRUE(test::near(f(variables).value(), expected, inputs[0].shape(), 1e-12));
  EXPECT_TRUE(test::gradients_match(f, inputs));
  EXPECT_TRUE(test::f32_follows_f64(f, inputs, 1e-5));
}

TEST(GroupNorm, ForwardAndGradients) {
  for (const Shape& shape : kShapes)
    for (const std::int64_t groups : {1, 2, 3, 6}) {
      SCOPED_TRACE(shape.to_string() + " in " + std::to_string(groups));
      const std::int64_t channels = shape.at(-1);
      if (shape.numel() / std::max<std::int64_t>(1, shape[0] * groups) == 1) continue;  // its normalised value is 0, and its gradient
      const Tensor x = test::uniform(shape, 1), gamma = test::uniform({channels}, 2), beta = test::uniform({channels}, 3);
      check([=](const auto& in) { return group_norm(in[0], groups, in[1], in[2], 1e-2); }, {x, gamma, beta},
            oracle(x, shape[0], channels, groups, gamma, beta, 1e-2));
      check([=](const auto& in) { return group_norm(in[0], groups, {}, {}, 1e-2); }, {x},
            oracle(x, shape[0], channels, groups, {}, {}, 1e-2));
    }
}

TEST(InstanceNorm, ForwardAndGradients) {
  for (const Shape& shape : {Shape{2, 3, 5, 6}, Shape{1, 4, 17}, Shape{3, 2, 2, 1}, Shape{0, 2, 2, 6}}) {
    SCOPED_TRACE(shape.to_string());
    const std::int64_t channels = shape.at(-1);
    const Tensor x = test::uniform(shape, 1), gamma = test::uniform({channels}, 2), beta = test::uniform({channels}, 3);
    check([](const auto& in) { return instance_norm(in[0], in[1], in[2], 1e-2); }, {x, gamma, beta},
          oracle(x, shape[0], channels, channels, gamma, beta, 1e-2));
    check([](const auto& in) { return instance_norm(in[0], {}, {}, 1e-2); }, {x}, oracle(x, shape[0], channels, channels, {}, {}, 1e-2));
  }
}

TEST(LayerNorm, ForwardAndGradients) {
  for (const Shape& shape : kShapes)
    for (int axes = 1; axes <= std::min(3, shape.rank()); ++axes) {
      SCOPED_TRACE(shape.to_string() + ", the last " + std::to_string(axes));
      const Shape last(shape.extents().last(static_cast<std::size_t>(axes)));
      const Tensor x = test::uniform(shape, 1), gamma = test::uniform(last, 2), beta = test::uniform(last, 3);
      const std::int64_t rows = x.numel() / last.numel();
      check([=](const auto& in) { return layer_norm(in[0], in[1], in[2], {.axes = axes, .epsilon = 1e-2}); }, {x, gamma, beta},
            oracle(x, rows, last.numel(), 1, gamma, beta, 1e-2));
      check([=](const auto& in) { return layer_norm(in[0], {}, {}, {.axes = axes, .epsilon = 1e-2}); }, {x},
            oracle(x, rows, last.numel(), 1, {}, {}, 1e-2));
    }
}

TEST(GroupNorm, InBf16HasF32Parameters) {
  const Tensor values = test::uniform({2, 3, 4, 6}, 1).to(DType::bf16), seed = test::uniform({2, 3, 4, 6}, 4).to(DType::bf16);
  const Tensor g = test::uniform({6}, 2).to(DType::f32), b = test::uniform({6}, 3).to(DType::f32);
  const auto both = [&](auto f) {
    const Variable x(values, true), gamma(g, true), beta(b, true);
    const Variable wide(values.to(DType::f64), true), wide_gamma(g.to(DType::f64), true), wide_beta(b.to(DType::f64), true);
    const Variable y = f(x, gamma, beta), exact = f(wide, wide_gamma, wide_beta);
    EXPECT_EQ(y.dtype(), DType::bf16);
    EXPECT_TRUE(test::near(y.value(), exact.value(), 0x1p-8));
    backward(y, seed);
    backward(exact, seed.to(DType::f64));
    EXPECT_TRUE(test::near(x.grad(), wide.grad(), 0x1p-8));
    EXPECT_EQ(gamma.grad().dtype(), DType::f32);
    EXPECT_TRUE(test::near(gamma.grad(), wide_gamma.grad(), 1e-5));
    EXPECT_TRUE(test::near(beta.grad(), wide_beta.grad(), 1e-5));
  };
  both([](const Variable& x, const Variable& gamma, const Variable& beta) { return group_norm(x, 2, gamma, beta); });
  both([](const Variable& x, const Variable& gamma, const Variable& beta) { return layer_norm(x, gamma, beta); });
  both([](const Variable& x, const Variable& gamma, const Variable& beta) { return instance_norm(x, gamma, beta); });
}

TEST(GroupNorm, Refuses) {
  const Variable x(Tensor::zeros({2, 3, 3, 6})), c(Tensor::zeros({6})), five(Tensor::zeros({5}));
  EXPECT_THAT([&] { group_norm(x, 4); },
              ThrowsMessage<ShapeError>(HasSubstr("[group_norm] 4 groups do not divide the channels of [2,3,3,6]")));
  EXPECT_THAT([&] { group_norm(x, 0); }, ThrowsMessage<OptionError>(HasSubstr("[group_norm] at least one group, found 0")));
  EXPECT_THAT([&] { group_norm(x, 2, c, five); }, ThrowsMessage<ShapeError>(HasSubstr("[group_norm] beta has shape [5], expected [6]")));
  EXPECT_THAT([&] { group_norm(x, 2, c); }, ThrowsMessage<OptionError>(HasSubstr("[group_norm] gamma and beta are given together")));
  EXPECT_THAT([&] { group_norm(x, 2, c, c, 0); }, ThrowsMessage<OptionError>(HasSubstr("[group_norm] epsilon is greater than 0, found 0")));
  EXPECT_THAT([&] { group_norm(c, 2); },
              ThrowsMessage<ShapeError>(HasSubstr("[group_norm] input wants at least 2 axes [N, ..., C], found [6]")));
  EXPECT_THAT(
      [&] {
        instance_norm(Variable(Tensor::zeros({2, 0, 6})));
      },
      ThrowsMessage<ShapeError>(HasSubstr("[instance_norm] no elements to take statistics of: input [2,0,6]")));
  EXPECT_THAT([&] { layer_norm(c, {}, {}, {.axes = 2}); },
              ThrowsMessage<ShapeError>(HasSubstr("[layer_norm] input wants at least 2 axes, found [6]")));
  EXPECT_THAT([&] { layer_norm(c, {}, {}, {.axes = 0}); },
              ThrowsMessage<OptionError>(HasSubstr("[layer_norm] at least one axis, found 0")));
  EXPECT_THAT([&] { layer_norm(x, five, five); }, ThrowsMessage<ShapeError>(HasSubstr("[layer_norm] gamma has shape [5], expected [6]")));
  EXPECT_THAT([] { layer_norm(Variable(Tensor::zeros({2}, DType::u8))); }, ThrowsMessage<ShapeError>(HasSubstr("found u8")));
}

}  // namespace
}  // namespace fovea
