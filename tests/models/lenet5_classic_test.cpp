// LeNet-5 of the paper's sizes: counts, shapes, and what is asked of every network.
#include "fovea/models/lenet5_classic.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fovea/base/error.hpp"
#include "model_checks.hpp"

namespace fovea {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::ThrowsMessage;

TEST(LeNet5Classic, ShapesThroughTheNetwork) {
  LeNet5Classic model;
  EXPECT_THAT(test::trace(model, {2, 28, 28, 1}),
              ElementsAre("conv2d [2,28,28,6]", "relu [2,28,28,6]", "max_pool2d [2,14,14,6]", "conv2d [2,10,10,16]", "relu [2,10,10,16]",
                          "max_pool2d [2,5,5,16]", "reshape [2,400]", "linear [2,120]", "relu [2,120]", "linear [2,84]", "relu [2,84]",
                          "linear [2,10]"));
}

TEST(LeNet5Classic, TakesOtherSizesColoursAndClasses) {
  LeNet5Classic model({.height = 12, .width = 33, .channels = 3, .classes = 4});
  EXPECT_EQ(model(Variable(Tensor::zeros({2, 12, 33, 3}))).shape(), (Shape{2, 4}));
  EXPECT_EQ(model.fc1.weight.shape(), (Shape{120, 1 * 6 * 16}));
}

TEST(LeNet5Classic, RefusesWhatDoesNotFit) {
  EXPECT_THAT([] { LeNet5Classic({.height = 11}); }, ThrowsMessage<OptionError>(HasSubstr("at least 12x12, found 28x11")));
  EXPECT_THROW(LeNet5Classic({.width = 11}), OptionError);
  EXPECT_THROW(LeNet5Classic({.classes = 1}), OptionError);
  EXPECT_THROW(LeNet5Classic({.channels = 0}), OptionError);
  LeNet5Classic model;
  EXPECT_THROW(model(Variable(Tensor::zeros({1, 32, 32, 1}))), ShapeError);
}

TEST(LeNet5Classic, GradientReachesEveryParameter) {
  LeNet5Classic model;
  test::expect_gradient_reaches_every_parameter(model, {4, 28, 28, 1}, 10);
}

TEST(LeNet5Classic, OutputsDoNotDependOnTheBatch) {
  LeNet5Classic model;
  test::expect_batch_does_not_matter(model, 28, 28, 1);
}

TEST(LeNet5Classic, TrainingDoesNotDependOnThreads) {
  LeNet5Classic model;
  test::expect_threads_do_not_matter(model, {9, 28, 28, 1}, 10);
}

}  // namespace
}  // namespace fovea
