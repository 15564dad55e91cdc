// The activation layers: each is its operation with its options.
#include "fovea/nn/activation.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "fovea/autograd/ops/glu.hpp"
#include "fovea/autograd/ops/maxout.hpp"
#include "fovea/autograd/ops/prelu.hpp"
#include "fovea/autograd/ops/relu.hpp"
#include "fovea/base/error.hpp"

namespace fovea {
namespace {

const Variable kInput(Tensor::from(std::vector<double>{-7, -2.5, -0.5, 0, 0.5, 2.5, 7}, {7}));

void expect_same(Layer&& layer, const Variable& expected) {
  EXPECT_EQ(layer(kInput).value().to_vector<double>(), expected.value().to_vector<double>());
  EXPECT_TRUE(layer.state_dict().empty());
}

TEST(ActivationLayers, AreTheirOperations) {
  expect_same(Relu(), relu(kInput));
  expect_same(Sigmoid(), sigmoid(kInput));
  expect_same(Tanh(), tanh(kInput));
  expect_same(LeakyRelu(), leaky_relu(kInput, 0.01));
  expect_same(LeakyRelu(0.3), leaky_relu(kInput, 0.3));
  expect_same(Relu6(), relu6(kInput));
  expect_same(Elu(), elu(kInput, 1));
  expect_same(Elu(0.5), elu(kInput, 0.5));
  expect_same(Selu(), selu(kInput));
  expect_same(Softplus(), softplus(kInput, 1));
  expect_same(Softplus(3), softplus(kInput, 3));
  expect_same(Silu(), silu(kInput));
  expect_same(Mish(), mish(kInput));
  expect_same(HardSigmoid(), hard_sigmoid(kInput));
  expect_same(HardSwish(), hard_swish(kInput));
  expect_same(Gelu(), gelu(kInput, GeluForm::erf));
  expect_same(Gelu(GeluForm::tanh), gelu(kInput, GeluForm::tanh));
}

TEST(ActivationLayers, PreluLearnsItsSlopes) {
  PRelu one, several({.channels = 7, .initial = 0.5});
  ASSERT_EQ(several.parameters().size(), 1u);
  EXPECT_EQ(several.parameters()[0].name, "weight");
  several.to(DType::f64);
  EXPECT_EQ(several(kInput).value().to_vector<double>(), (std::vector<double>{-3.5, -1.25, -0.25, 0, 0.5, 2.5, 7}));
  EXPECT_EQ(one.weight.value().to_vector<float>(), std::vector<float>{0.25f});
  Tensor(one.weight.value()).fill_(3);
  initialize(one, 1);
  EXPECT_EQ(one.weight.value().to_vector<float>(), std::vector<float>{0.25f});
}

TEST(ActivationLayers, GatedOnesAreTheirOperations) {
  const Variable x(Tensor::from(std::vector<double>{1, -2, 3, 4, -5, 6}, {1, 6}));
  EXPECT_EQ(Glu()(x).value().to_vector<double>(), glu(x).value().to_vector<double>());
  EXPECT_EQ(Maxout()(x).value().to_vector<double>(), (std::vector<double>{1, 4, 6}));
  EXPECT_EQ(Maxout(3)(x).value().to_vector<double>(), (std::vector<double>{3, 6}));
}

TEST(ActivationLayers, RefuseOptionsWhenTheyAreMade) {
  EXPECT_THROW(LeakyRelu{-0.1}, OptionError);
  for (const double value : {0.0, -1.0, std::nan("")}) {
    EXPECT_THROW(Elu{value}, OptionError);
    EXPECT_THROW(Softplus{value}, OptionError);
  }
  EXPECT_THROW(Maxout{0}, OptionError);
  EXPECT_THROW(PRelu({.channels = 0}), OptionError);
}

}  // namespace
}  // namespace fovea
