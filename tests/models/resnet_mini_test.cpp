// The small residual network: sizes by formula, torchvision's names, and what is asked of every network.
#include "fovea/models/resnet_mini.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fovea/base/error.hpp"
#include "model_checks.hpp"

namespace fovea {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::ThrowsMessage;

const ResNetMiniOptions kSmall{.channels = 3, .classes = 4, .widths = {8, 12}, .blocks = 1};

/// Two parameters per channel for every norm; 9 in out for a 3x3 filter, in out for a projection.
std::int64_t expected_count(const ResNetMiniOptions& o) {
  std::int64_t channels = o.widths[0];
  std::int64_t count = 9 * o.channels * channels + 2 * channels;
  for (std::size_t stage = 0; stage < o.widths.size(); ++stage) {
    const std::int64_t width = o.widths[stage];
    count += 9 * channels * width + 9 * width * width + 4 * width;
    if (stage > 0) count += channels * width + 2 * width;
    count += (o.blocks - 1) * (18 * width * width + 4 * width);
    channels = width;
  }
  return count + channels * o.classes + o.classes;
}

TEST(ResNetMini, CountsOfParametersFollowTheFormula) {
  EXPECT_EQ(ResNetMini().parameter_count(), 308'650);  // 928 + 18,560 + 57,728 + 230,144 + 1,290
  for (const ResNetMiniOptions& options : {kSmall, ResNetMiniOptions{}, ResNetMiniOptions{.channels = 1, .classes = 2, .widths = {4}},
                                           ResNetMiniOptions{.widths = {6, 6, 10}, .blocks = 3}})
    EXPECT_EQ(ResNetMini(options).parameter_count(), expected_count(options));
}

TEST(ResNetMini, StateNamesAreTorchvisions) {
  EXPECT_THAT(
      test::state_names(ResNetMini(kSmall)),
      ElementsAre("conv1.weight", "bn1.weight", "bn1.bias", "bn1.running_mean", "bn1.running_var", "bn1.num_batches_tracked",        //
                  "layer1.0.conv1.weight", "layer1.0.bn1.weight", "layer1.0.bn1.bias", "layer1.0.bn1.running_mean",                  //
                  "layer1.0.bn1.running_var", "layer1.0.bn1.num_batches_tracked", "layer1.0.conv2.weight", "layer1.0.bn2.weight",    //
                  "layer1.0.bn2.bias", "layer1.0.bn2.running_mean", "layer1.0.bn2.running_var", "layer1.0.bn2.num_batches_tracked",  //
                  "layer2.0.conv1.weight", "layer2.0.bn1.weight", "layer2.0.bn1.bias", "layer2.0.bn1.running_mean",                  //
                  "layer2.0.bn1.running_var", "layer2.0.bn1.num_batches_tracked", "layer2.0.conv2.weight", "layer2.0.bn2.weight",    //
                  "layer2.0.bn2.bias", "layer2.0.bn2.running_mean", "layer2.0.bn2.running_var", "layer2.0.bn2.num_batches_tracked",  //
                  "layer2.0.downsample.0.weight", "layer2.0.downsample.1.weight", "layer2.0.downsample.1.bias",                      //
                  "layer2.0.downsample.1.running_mean", "layer2.0.downsample.1.running_var",
                  "layer2.0.downsample.1.num_batches_tracked",  //
                  "fc.weight", "fc.bias"));
}

TEST(ResNetMini, StagesHalveTheImage) {
  ResNetMini model(kSmall);
  const auto lines = test::trace(model, {2, 9, 14, 3});
  EXPECT_EQ(lines.front(), "conv2d [2,9,14,8]");
  EXPECT_THAT(lines, testing::Contains("batch_norm_activation [2,9,14,8]"));
  EXPECT_THAT(lines, testing::Contains("batch_norm_activation [2,5,7,12]"));
  EXPECT_EQ(lines.back(), "linear [2,4]");
}

TEST(ResNetMini, TakesImagesOfAnySize) {
  ResNetMini model(kSmall);
  model.eval();
  for (const Shape& shape : {Shape{1, 1, 1, 3}, Shape{2, 2, 1, 3}, Shape{1, 17, 5, 3}, Shape{3, 32, 32, 3}})
    EXPECT_EQ(model(Variable(Tensor::zeros(shape))).shape(), (Shape{shape[0], 4})) << shape.to_string();
}

TEST(ResNetMini, RefusesOptionsOutOfRange) {
  EXPECT_THAT([] { ResNetMini({.widths = {8, 0}}); }, ThrowsMessage<OptionError>(HasSubstr("[8,0]")));
  EXPECT_THROW(ResNetMini({.widths = {}}), OptionError);
  EXPECT_THROW(ResNetMini({.blocks = 0}), OptionError);
  EXPECT_THROW(ResNetMini({.classes = 1}), OptionError);
  EXPECT_THROW(ResNetMini({.channels = 0}), OptionError);
}

TEST(ResNetMini, RefusesImagesWithOtherChannels) {
  ResNetMini model(kSmall);
  EXPECT_THROW(model(Variable(Tensor::zeros({1, 8, 8, 1}))), ShapeError);
}

TEST(ResNetMini, GradientReachesEveryParameter) {
  ResNetMini model({.widths = {8, 12, 16}, .blocks = 2});
  test::expect_gradient_reaches_every_parameter(model, {4, 16, 16, 3}, 10);
}

TEST(ResNetMini, GradientReachesEveryParameterFromOneImage) {
  ResNetMini model(kSmall);
  test::expect_gradient_reaches_every_parameter(model, {1, 16, 16, 3}, 4);
}

TEST(ResNetMini, OutputsDoNotDependOnTheBatch) {
  ResNetMini model({.widths = {16, 32, 64}});
  test::expect_batch_does_not_matter(model, 16, 16, 3);
}

TEST(ResNetMini, OutputsOfOddSizesDoNotDependOnTheBatch) {
  ResNetMini model({.channels = 1, .classes = 3, .widths = {5, 9}});
  test::expect_batch_does_not_matter(model, 13, 19, 1);
}

TEST(ResNetMini, TrainingDoesNotDependOnThreads) {
  ResNetMini model({.widths = {16, 32, 64}});
  test::expect_threads_do_not_matter(model, {7, 16, 16, 3}, 10);
}

}  // namespace
}  // namespace fovea
