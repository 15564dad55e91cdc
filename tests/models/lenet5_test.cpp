// LeNet-5: sizes as in the lectures, shapes, and what is asked of every network.
#include "fovea/models/lenet5.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fovea/base/error.hpp"
#include "model_checks.hpp"

namespace fovea {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;
using testing::ThrowsMessage;

// conv1 520, conv2 25,050, fc1 2450 * 500 + 500 and fc2 5,010 parameters.
TEST(LeNet5, CountsOfParametersAreTheLectures) {
  const LeNet5 model;
  EXPECT_THAT(test::parameter_counts(model),
              ElementsAre(Pair("conv1.weight", 500), Pair("conv1.bias", 20), Pair("conv2.weight", 25'000), Pair("conv2.bias", 50),
                          Pair("fc1.weight", 2450 * 500), Pair("fc1.bias", 500), Pair("fc2.weight", 5'000), Pair("fc2.bias", 10)));
  EXPECT_EQ(model.conv1.parameter_count(), 520);
  EXPECT_EQ(model.conv2.parameter_count(), 25'050);
  EXPECT_EQ(model.fc1.parameter_count(), 2450 * 500 + 500);
  EXPECT_EQ(model.fc2.parameter_count(), 5'010);
}

TEST(LeNet5, ShapesThroughTheNetwork) {
  LeNet5 model;
  EXPECT_THAT(test::trace(model, {2, 28, 28, 1}),
              ElementsAre("conv2d [2,28,28,20]", "relu [2,28,28,20]", "max_pool2d [2,14,14,20]", "conv2d [2,14,14,50]", "relu [2,14,14,50]",
                          "max_pool2d [2,7,7,50]", "reshape [2,2450]", "linear [2,500]", "relu [2,500]", "linear [2,10]"));
}

TEST(LeNet5, TakesOddSizesColoursAndClasses) {
  LeNet5 model({.height = 30, .width = 37, .channels = 3, .classes = 4, .filters1 = 3, .filters2 = 5, .hidden = 7});
  EXPECT_THAT(test::trace(model, {1, 30, 37, 3}),
              ElementsAre("conv2d [1,30,37,3]", "relu [1,30,37,3]", "max_pool2d [1,15,18,3]", "conv2d [1,15,18,5]", "relu [1,15,18,5]",
                          "max_pool2d [1,7,9,5]", "reshape [1,315]", "linear [1,7]", "relu [1,7]", "linear [1,4]"));
}

TEST(LeNet5, TakesTheSmallestImage) {
  LeNet5 model({.height = 4, .width = 4});
  EXPECT_EQ(model(Variable(Tensor::zeros({3, 4, 4, 1}))).shape(), (Shape{3, 10}));
}

TEST(LeNet5, FullyConnectedWeightsAreFlattenedChannelsFirstInFiles) {
  const LeNet5 model({.height = 30, .width = 37});
  EXPECT_EQ(model.parameters()[4].layout,
            (FileLayout{.kind = FileLayout::Kind::linear_after_flatten, .height = 7, .width = 9, .channels = 50}));
  EXPECT_EQ(model.parameters()[6].layout, FileLayout{});
}

TEST(LeNet5, RefusesOptionsOutOfRange) {
  EXPECT_THAT([] { LeNet5({.height = 3, .width = 28}); }, ThrowsMessage<OptionError>(HasSubstr("at least 4x4")));
  EXPECT_THROW(LeNet5({.height = 28, .width = 3}), OptionError);
  EXPECT_THROW(LeNet5({.classes = 1}), OptionError);
  EXPECT_THROW(LeNet5({.channels = 0}), OptionError);
  EXPECT_THROW(LeNet5({.hidden = 0}), OptionError);
}

TEST(LeNet5, RefusesImagesOfAnotherSize) {
  LeNet5 model;
  EXPECT_THROW(model(Variable(Tensor::zeros({1, 32, 32, 1}))), ShapeError);
  EXPECT_THROW(model(Variable(Tensor::zeros({1, 28, 28, 3}))), ShapeError);
  EXPECT_THROW(model(Variable(Tensor::zeros({28, 28, 1}))), ShapeError);
}

TEST(LeNet5, GradientReachesEveryParameter) {
  LeNet5 model;
  test::expect_gradient_reaches_every_parameter(model, {1, 28, 28, 1}, 10);
}

TEST(LeNet5, OutputsDoNotDependOnTheBatch) {
  LeNet5 model;
  test::expect_batch_does_not_matter(model, 28, 28, 1);
}

TEST(LeNet5, OutputsOfOddSizesDoNotDependOnTheBatch) {
  LeNet5 model({.height = 30, .width = 37, .channels = 3, .classes = 7, .filters1 = 9, .filters2 = 11, .hidden = 33});
  test::expect_batch_does_not_matter(model, 30, 37, 3);
}

TEST(LeNet5, TrainingDoesNotDependOnThreads) {
  LeNet5 model;
  test::expect_threads_do_not_matter(model, {9, 28, 28, 1}, 10);
}

}  // namespace
}  // namespace fovea
