// The activation layers: each is its operation with its options.
#include "fovea/nn/activation.hpp"

#include <gtest/gtest.h>

#include <cmath>

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

TEST(ActivationLayers, RefuseOptionsWhenTheyAreMade) {
  EXPECT_THROW(LeakyRelu{-0.1}, OptionError);
  for (const double value : {0.0, -1.0, std::nan("")}) {
    EXPECT_THROW(Elu{value}, OptionError);
    EXPECT_THROW(Softplus{value}, OptionError);
  }
}

}  // namespace
}  // namespace fovea
