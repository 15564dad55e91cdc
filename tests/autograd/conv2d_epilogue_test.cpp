#include "fovea/autograd/ops/conv2d_epilogue.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "fovea/autograd/ops/activations.hpp"
#include "fovea/base/error.hpp"
#include "tensors.hpp"

namespace fovea {
namespace {

using kernels::Activation;
using test::uniform;
using testing::HasSubstr;
using testing::ThrowsMessage;

struct Case {
  Shape x, filter;
  Conv2dGeometry geometry;
  double rounding = 0;  ///< of integers in f32: Winograd's transform has fractions
};

const Case kCases[] = {
    {{2, 3, 5, 7}, {9, 1, 1, 7}, {}},
    {{1, 9, 7, 3}, {16, 3, 3, 3}, {.stride = 2, .padding = 1}},
    {{2, 8, 9, 5}, {5, 5, 5, 1}, {.padding = 2, .groups = 5}},
    {{1, 12, 12, 32}, {32, 3, 3, 32}, {.padding = 1}, 2e-3},
    {{0, 4, 4, 3}, {2, 3, 3, 3}, {}},
};
constexpr Activation kActivations[] = {Activation::none, Activation::relu, Activation::leaky_relu, Activation::relu6};

/// The formula on top of a convolution that has tests of its own.
std::vector<double> oracle(const Tensor& conv, const Tensor& scale, const Tensor& bias, const Tensor& residual, Activation activation) {
  std::vector<double> result = conv.to_vector<double>();
  const std::int64_t channels = conv.extent(3);
  for (std::size_t i = 0; i < result.size(); ++i) {
    const auto c = static_cast<std::int64_t>(i) % channels;
    double& y = result[i];
    y = y * scale.data<double>()[c] + bias.data<double>()[c] + residual.data<double>()[i];
    if (activation == Activation::relu) y = std::max(y, 0.0);
    if (activation == Activation::leaky_relu) y = y > 0 ? y : 0.25 * y;
    if (activation == Activation::relu6) y = std::clamp(y, 0.0, 6.0);
  }
  return result;
}

TEST(Conv2dEpilogue, IsTheFormulaInOnePassAndInParts) {
  for (const Case& c : kCases)
    for (const Activation activation : kActivations) {
      const Tensor x = uniform(c.x, 1), filter = uniform(c.filter, 2), scale = uniform({c.filter[0]}, 3), bias = uniform({c.filter[0]}, 4);
      const Tensor conv = conv2d(Variable(x), Variable(filter), {}, c.geometry).value();
      const Tensor residual = uniform(conv.shape(), 5);
      const Conv2dEpilogue epilogue{
          .scale = Variable(scale), .bias = Variable(bias), .residual = Variable(residual), .activation = activation, .slope = 0.25};
      const std::vector<double> wanted = oracle(conv, scale, bias, residual, activation);
      EXPECT_TRUE(test::near(conv2d_epilogue(Variable(x), Variable(filter), epilogue, c.geometry).value(), wanted, conv.shape(), 1e-13));
      EXPECT_TRUE(
          test::near(conv2d_epilogue(Variable(x, true), Variable(filter), epilogue, c.geometry).value(), wanted, conv.shape(), 1e-13));
    }
}

TEST(Conv2dEpilogue, F32FollowsF64) {
  const NoGradGuard no_grad;
  for (const Case& c : kCases)
    for (const Activation activation : kActivations)
      for (const bool has_all : {true, false}) {
        const auto run = [&](DType dtype) {
          const auto input = [&](const Shape& shape, std::uint64_t seed) { return Variable(test::integers(shape, seed).to(dtype)); };
          const Variable x = input(c.x, 1), filter = input(c.filter, 2);
          Conv2dEpilogue epilogue{.bias = input({c.filter[0]}, 3), .activation = activation, .slope = 0.25};
          if (has_all) {
            epilogue.scale = input({c.filter[0]}, 4);
            epilogue.residual = input(conv2d(x, filter, {}, c.geometry).shape(), 5);
          }
          PackedFilterCache cache;
          return conv2d_epilogue(x, filter, epilogue, c.geometry, &cache).value().to(DType::f64);
        };
        EXPECT_TRUE(test::near(run(DType::f32), run(DType::f64), c.rounding));
      }
}

TEST(Conv2dEpilogue, Gradients) {
  for (const Case& c : kCases) {
    const Tensor x = uniform(c.x, 1), filter = uniform(c.filter, 2), scale = uniform({c.filter[0]}, 3), bias = uniform({c.filter[0]}, 4);
    const Shape shape = conv2d(Variable(x), Variable(filter), {}, c.geometry).shape();
    const auto f = [&](const auto& in) {
      return conv2d_epilogue(
          in[0], in[1], {.scale = in[2], .bias = in[3], .residual = in[4], .activation = Activation::leaky_relu, .slope = 0.1}, c.geometry);
    };
    EXPECT_TRUE(test::gradients_match(f, {x, filter, scale, bias, uniform(shape, 5)}, {.most_elements = 60}));
  }
}

TEST(Conv2dEpilogue, RefusesWhatDoesNotFit) {
  const Variable x(Tensor::zeros({1, 4, 4, 3})), filter(Tensor::zeros({2, 1, 1, 3})), three(Tensor::zeros({3}));
  EXPECT_THAT([&] { conv2d_epilogue(x, filter, {.scale = three}); }, ThrowsMessage<ShapeError>(HasSubstr("[conv2d] scale")));
  EXPECT_THAT([&] { conv2d_epilogue(x, filter, {.bias = three}); }, ThrowsMessage<ShapeError>(HasSubstr("[conv2d] bias")));
  EXPECT_THAT([&] { conv2d_epilogue(x, filter, {.residual = x}); }, ThrowsMessage<ShapeError>(HasSubstr("[conv2d] residual")));
  EXPECT_THROW(conv2d_epilogue(x, filter, {.slope = -1}), OptionError);
}

}  // namespace
}  // namespace fovea
