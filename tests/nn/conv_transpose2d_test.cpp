// The transposed convolution layer: how its options reach the operation. The arithmetic is tested with the operation.
#include "fovea/nn/conv_transpose2d.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "fovea/base/error.hpp"

namespace fovea {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

Variable ones(const Shape& shape) { return Variable(Tensor::full(shape, 1)); }

TEST(ConvTranspose2dLayer, DoublesTheImageByDefault) {
  ConvTranspose2d layer(1, 1);
  Tensor(layer.weight.value()).copy_(Tensor::from<float>({1, 2, 3, 4}, {1, 2, 2, 1}));
  Tensor(layer.bias.value()).fill_(0.5);
  const Variable y = layer(Variable(Tensor::from<float>({10, 20}, {1, 1, 2, 1})));
  EXPECT_EQ(y.shape(), (Shape{1, 2, 4, 1}));
  EXPECT_EQ(y.value().to_vector<float>(), (std::vector<float>{10.5, 20.5, 20.5, 40.5, 30.5, 40.5, 60.5, 80.5}));
}

TEST(ConvTranspose2dLayer, EveryOptionReachesTheOperation) {
  ConvTranspose2d layer(4, 6,
                        {.kernel = {3, 2},
                         .stride = {3, 2},
                         .padding = {0, 1, 1, 0},
                         .output_padding = {2, 1},
                         .dilation = {2, 1},
                         .groups = 2,
                         .bias = false});
  EXPECT_EQ(layer.weight.shape(), (Shape{4, 3, 2, 3}));
  EXPECT_FALSE(layer.bias.defined());
  // (5-1) 3 - 1 + 2 (3-1) + 2 + 1 = 18 rows, (7-1) 2 - 1 + (2-1) + 1 + 1 = 14 columns
  EXPECT_EQ(layer(ones({2, 5, 7, 4})).shape(), (Shape{2, 18, 14, 6}));
}

TEST(ConvTranspose2dLayer, FilesHoldInputsFirst) {
  const ConvTranspose2d layer(4, 6, {.kernel = {3, 2}, .groups = 2});
  const StateDict state = layer.state_dict();
  ASSERT_EQ(state.size(), 2U);
  EXPECT_EQ(state[0].name, "weight");
  EXPECT_EQ(file_shape(state[0].tensor.shape(), state[0].layout), (Shape{4, 3, 3, 2}));
  EXPECT_EQ(state[1].name, "bias");
  EXPECT_EQ(state[1].tensor.shape(), (Shape{6}));
}

// Inputs of variance 1 give outputs of variance 2, as a ReLU's Kaiming initialisation asks.
TEST(ConvTranspose2dLayer, FirstWeightsKeepTheVariance) {
  for (const std::int64_t groups : {1, 4}) {
    ConvTranspose2d layer(64, 32, {.kernel = 4, .stride = 2, .padding = 1, .groups = groups});
    RandomStream stream(3);
    Tensor x = Tensor::empty({4, 16, 16, 64});
    for (std::int64_t i = 0; i < x.numel(); ++i) x.mutable_data<float>()[i] = static_cast<float>(stream.normal());
    const Tensor y = layer(Variable(x)).value();
    double squares = 0;
    for (const float value : y.span<float>()) squares += double{value} * value;
    EXPECT_NEAR(squares / static_cast<double>(y.numel()), 2, 0.25) << groups << " groups";  // the border sees fewer terms
  }
}

TEST(ConvTranspose2dLayer, RefusesOptionsOutOfRange) {
  EXPECT_THAT([] { ConvTranspose2d(3, 4, {.groups = 2}); }, ThrowsMessage<OptionError>(HasSubstr("3 input and 4 output channels")));
  EXPECT_THROW(ConvTranspose2d(4, 3, {.groups = 2}), OptionError);
  EXPECT_THROW(ConvTranspose2d(0, 1), OptionError);
  EXPECT_THROW(ConvTranspose2d(1, 0), OptionError);
  EXPECT_THAT([] { ConvTranspose2d(1, 1, {.kernel = {3, 0}}); }, ThrowsMessage<OptionError>(HasSubstr("3x0")));
  EXPECT_THAT([] { ConvTranspose2d(1, 1, {.stride = {0, 1}}); }, ThrowsMessage<OptionError>(HasSubstr("0x1")));
}

}  // namespace
}  // namespace fovea
