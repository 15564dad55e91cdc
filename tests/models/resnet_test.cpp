// Residual networks: shapes, and what is asked of every network.
#include "fovea/models/resnet.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fovea/base/error.hpp"
#include "fovea/models/bottleneck_block.hpp"
#include "model_checks.hpp"

namespace fovea {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::ThrowsMessage;

/// A ResNet-50 with few channels.
ResNetOptions narrow() {
  ResNetOptions options = resnet_options(50);
  options.classes = 5;
  options.widths = {4, 6, 8, 10};
  return options;
}

TEST(BottleneckBlock, TheStrideIsThatOfThe3x3) {
  BottleneckBlock block(8, 3, 2);
  EXPECT_THAT(test::trace(block, {2, 5, 6, 8}),
              ElementsAre("conv2d [2,5,6,3]", "batch_norm_activation [2,5,6,3]", "conv2d [2,3,3,3]", "batch_norm_activation [2,3,3,3]",
                          "conv2d [2,3,3,12]", "conv2d [2,3,3,12]", "batch_norm [2,3,3,12]", "batch_norm_activation [2,3,3,12]"));
}

TEST(BottleneckBlock, HasAProjectionOnlyWhereTheShapeChanges) {
  EXPECT_FALSE(BottleneckBlock(12, 3, 1).downsample.has_value());
  EXPECT_TRUE(BottleneckBlock(12, 3, 2).downsample.has_value());
  EXPECT_TRUE(BottleneckBlock(3, 3, 1).downsample.has_value());
}

TEST(ResNet, TheLargeStemQuartersTheImageAndStagesHalveIt) {
  ResNet model(narrow());
  const auto lines = test::trace(model, {2, 70, 64, 3});
  EXPECT_EQ(lines[0], "conv2d [2,35,32,4]");
  EXPECT_EQ(lines[2], "max_pool2d [2,18,16,4]");
  EXPECT_THAT(lines, Contains("batch_norm_activation [2,18,16,16]").Times(3));
  EXPECT_THAT(lines, Contains("batch_norm_activation [2,9,8,24]").Times(4));
  EXPECT_THAT(lines, Contains("batch_norm_activation [2,5,4,32]").Times(6));
  EXPECT_THAT(lines, Contains("batch_norm_activation [2,3,2,40]").Times(3));
  EXPECT_EQ(lines.back(), "linear [2,5]");
}

TEST(ResNet, TheSmallStemKeepsTheImage) {
  ResNetOptions options = resnet18_cifar_options();
  options.widths = {4, 6, 8, 10};
  ResNet model(options);
  const auto lines = test::trace(model, {2, 32, 32, 3});
  EXPECT_EQ(lines[0], "conv2d [2,32,32,4]");
  EXPECT_THAT(lines, Contains("batch_norm_activation [2,32,32,4]").Times(5));
  EXPECT_THAT(lines, Contains("batch_norm_activation [2,4,4,10]").Times(4));
  EXPECT_THAT(lines, testing::Not(Contains(HasSubstr("max_pool2d"))));
  EXPECT_EQ(lines.back(), "linear [2,10]");
}

TEST(ResNet, TakesImagesOfAnySize) {
  ResNet model(narrow());
  model.eval();
  for (const Shape& shape : {Shape{1, 1, 1, 3}, Shape{2, 17, 5, 3}, Shape{0, 32, 32, 3}})
    EXPECT_EQ(model(Variable(Tensor::zeros(shape))).shape(), (Shape{shape[0], 5})) << shape.to_string();
}

TEST(ResNet, RefusesOptionsOutOfRange) {
  EXPECT_THAT([] { resnet_options(20); }, ThrowsMessage<OptionError>(HasSubstr("18, 34, 50, 101 or 152, found 20")));
  EXPECT_THAT([] { ResNet({.widths = {8, 0}}); }, ThrowsMessage<OptionError>(HasSubstr("[8,0]")));
  EXPECT_THAT([] { ResNet({.blocks = {2, 2}}); }, ThrowsMessage<OptionError>(HasSubstr("for each of the 4 widths, found [2,2]")));
  EXPECT_THROW(ResNet({.blocks = {2, 2, 0, 2}}), OptionError);
  EXPECT_THROW(ResNet({.blocks = {2, 2, 2, std::int64_t{1} << 40}}), OptionError);
  EXPECT_THROW(ResNet({.classes = 1}), OptionError);
  EXPECT_THROW(ResNet({.channels = 0}), OptionError);
}

TEST(ResNet, GradientReachesEveryParameter) {
  ResNet model(narrow());
  test::expect_gradient_reaches_every_parameter(model, {4, 64, 64, 3}, 5);
}

TEST(ResNet, OutputsDoNotDependOnTheBatch) {
  ResNet model(narrow());
  test::expect_batch_does_not_matter(model, 33, 40, 3);
}

TEST(ResNet, TrainingDoesNotDependOnThreads) {
  ResNet model(narrow());
  test::expect_threads_do_not_matter(model, {5, 40, 33, 3}, 5);
}

}  // namespace
}  // namespace fovea
