// U-Net: what it is made of. What is asked of every network for pixels: segmentation_network_test.cpp.
#include "fovea/models/unet.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fovea/base/error.hpp"
#include "model_checks.hpp"

namespace fovea {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::ThrowsMessage;

const UNetOptions kSmall{.channels = 2, .classes = 3, .widths = {4, 6, 8}};

TEST(UNet, GoesDownAndUpAgain) {
  UNet model(kSmall);
  const auto lines = test::trace(model, {2, 8, 12, 2});
  EXPECT_EQ(lines.front(), "conv2d [2,8,12,4]");
  for (const char* line : {"max_pool2d [2,4,6,4]", "max_pool2d [2,2,3,6]", "conv_transpose2d [2,4,6,6]", "concat [2,4,6,12]",
                           "conv_transpose2d [2,8,12,4]", "concat [2,8,12,8]"})
    EXPECT_THAT(lines, Contains(line).Times(1));
  EXPECT_EQ(lines.back(), "conv2d [2,8,12,3]");
}

TEST(UNet, TakesOneLevelAndEmptyBatches) {
  UNet flat({.widths = {3}});
  EXPECT_EQ(flat(Variable(Tensor::zeros({1, 7, 5, 3}))).shape(), (Shape{1, 7, 5, 2}));
  UNet model(kSmall);
  model.eval();
  EXPECT_EQ(model(Variable(Tensor::zeros({0, 8, 8, 2}))).shape(), (Shape{0, 8, 8, 3}));
}

TEST(UNet, RefusesImagesOfOtherChannels) {
  UNet model(kSmall);
  EXPECT_THROW(model(Variable(Tensor::zeros({1, 8, 8, 3}))), ShapeError);
  EXPECT_THROW(model(Variable(Tensor::zeros({8, 8, 2}))), ShapeError);
}

TEST(UNet, RefusesOptionsOutOfRange) {
  EXPECT_THAT([] { UNet({.widths = {8, 0}}); }, ThrowsMessage<OptionError>(HasSubstr("[8,0]")));
  EXPECT_THROW(UNet({.widths = {}}), OptionError);
  EXPECT_THROW(UNet({.widths = std::vector<std::int64_t>(17, 1)}), OptionError);
  EXPECT_THROW(UNet({.classes = 1}), OptionError);
  EXPECT_THROW(UNet({.channels = 0}), OptionError);
}

TEST(UNet, OutputsDoNotDependOnTheBatch) {
  UNet model({.widths = {8, 16, 20}});
  test::expect_batch_does_not_matter(model, 12, 8, 3);
}

}  // namespace
}  // namespace fovea
