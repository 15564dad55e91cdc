// The convolution layer: how its options reach the operation. The arithmetic is tested with the kernels and the operation.
#include "fovea/nn/conv2d.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

#include "fovea/base/error.hpp"

namespace fovea {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

Variable ones(const Shape& shape) { return Variable(Tensor::full(shape, 1)); }

// A filter of ones on an image of ones counts the cells of the window that are inside the image.
TEST(Conv2dLayer, PadsTheFourSidesDifferently) {
  Conv2d layer(1, 1, {.kernel = 3, .padding = {1, 0, 2, 0}, .bias = false});
  Tensor(layer.weight.value()).fill_(1);
  const Variable y = layer(ones({1, 3, 3, 1}));
  EXPECT_EQ(y.shape(), (Shape{1, 2, 3, 1}));
  EXPECT_EQ(y.value().to_vector<float>(), (std::vector<float>{2, 4, 6, 3, 6, 9}));
}

TEST(Conv2dLayer, TakesRectangularKernelsStridesAndDilations) {
  Conv2d layer(2, 3, {.kernel = {3, 1}, .stride = {1, 2}, .dilation = {2, 1}});
  EXPECT_EQ(layer.weight.shape(), (Shape{3, 3, 1, 2}));
  EXPECT_EQ(layer(ones({2, 9, 7, 2})).shape(), (Shape{2, 5, 4, 3}));
}

TEST(Conv2dLayer, GroupsSeeOnlyTheirChannels) {
  Conv2d layer(4, 2, {.kernel = 1, .groups = 2, .bias = false});
  EXPECT_EQ(layer.weight.shape(), (Shape{2, 1, 1, 2}));
  Tensor(layer.weight.value()).copy_(Tensor::from<float>({1, 10, 100, 1000}, {2, 1, 1, 2}));
  EXPECT_EQ(layer(Variable(Tensor::from<float>({1, 2, 3, 4}, {1, 1, 1, 4}))).value().to_vector<float>(), (std::vector<float>{21, 4300}));
}

TEST(Conv2dLayer, AddsItsBias) {
  Conv2d layer(1, 2, {.kernel = 1});
  Tensor(layer.weight.value()).fill_(1);
  Tensor(layer.bias.value()).copy_(Tensor::from<float>({5, -5}, {2}));
  EXPECT_EQ(layer(ones({1, 1, 1, 1})).value().to_vector<float>(), (std::vector<float>{6, -4}));
}

TEST(Conv2dLayer, RefusesChannelsThatGroupsCannotShare) {
  EXPECT_THAT([] { Conv2d(3, 4, {.groups = 2}); }, ThrowsMessage<OptionError>(HasSubstr("3 input and 4 output channels")));
  EXPECT_THROW(Conv2d(4, 3, {.groups = 2}), OptionError);
  EXPECT_THROW(Conv2d(4, 4, {.groups = 0}), OptionError);
}

TEST(Conv2dLayer, RefusesEmptyKernelsAndChannels) {
  EXPECT_THAT([] { Conv2d(1, 1, {.kernel = {3, 0}}); }, ThrowsMessage<OptionError>(HasSubstr("3x0")));
  EXPECT_THROW(Conv2d(0, 1), OptionError);
  EXPECT_THROW(Conv2d(1, 0), OptionError);
}

TEST(Conv2dLayer, NamesBothSidesWhenChannelsDoNotFit) {
  Conv2d layer(4, 64, {.kernel = 7});
  EXPECT_THAT(
      [&] {
        layer(ones({1, 9, 9, 3}));
      },
      ThrowsMessage<ShapeError>(testing::AllOf(HasSubstr("[conv2d]"), HasSubstr("3 channels"), HasSubstr("[64,7,7,4]"))));
}

}  // namespace
}  // namespace fovea
