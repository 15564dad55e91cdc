// VGG: shapes, and what is asked of every network.
#include "fovea/models/vgg.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "fovea/base/error.hpp"
#include "model_checks.hpp"

namespace fovea {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::ThrowsMessage;

const VggOptions kNarrow{.classes = 5, .widths = {2, 3, 4, 5, 6}, .hidden = 7};  // of VGG-16

TEST(Vgg, ShapesThroughTheNetwork) {
  Vgg model(kNarrow);
  model.eval();
  const auto lines = test::trace(model, {1, 224, 224, 3});
  EXPECT_THAT(lines, Contains("conv2d [1,224,224,2]").Times(2));
  EXPECT_THAT(lines, Contains("conv2d [1,112,112,3]").Times(2));
  EXPECT_THAT(lines, Contains("conv2d [1,56,56,4]").Times(3));
  EXPECT_THAT(lines, Contains("conv2d [1,28,28,5]").Times(3));
  EXPECT_THAT(lines, Contains("conv2d [1,14,14,6]").Times(3));
  EXPECT_THAT(lines, Contains("max_pool2d [1,7,7,6]").Times(1));
  EXPECT_THAT(lines, Contains("reshape [1,294]").Times(1));
  EXPECT_THAT(lines, Contains("linear [1,7]").Times(2));
  EXPECT_EQ(lines.back(), "linear [1,5]");
}

TEST(Vgg, AveragesLargerImagesDown) {
  Vgg model({.classes = 5, .widths = {1, 1, 1, 1, 2}, .hidden = 3});
  const auto lines = test::trace(model, {1, 448, 230, 3});
  EXPECT_THAT(lines, Contains("adaptive_average_pool2d [1,7,7,2]"));
  EXPECT_THAT(lines, Contains("dropout [1,3]").Times(2));
  EXPECT_EQ(lines.back(), "linear [1,5]");
}

TEST(Vgg, TakesImagesFrom32Pixels) {
  Vgg model(kNarrow);
  model.eval();
  const NoGradGuard no_grad;
  for (const Shape& shape : {Shape{1, 32, 32, 3}, Shape{2, 100, 64, 3}, Shape{1, 256, 224, 3}})
    EXPECT_EQ(model(Variable(Tensor::zeros(shape))).shape(), (Shape{shape[0], 5})) << shape.to_string();
  EXPECT_THROW(model(Variable(Tensor::zeros({1, 31, 224, 3}))), ShapeError);
  EXPECT_THROW(model(Variable(Tensor::zeros({1, 0, 224, 3}))), ShapeError);
  EXPECT_THROW(model(Variable(Tensor::zeros({1, 224, 224, 1}))), ShapeError);
}

TEST(Vgg, RefusesOptionsOutOfRange) {
  EXPECT_THAT([] { Vgg({.widths = {2, 3, 4, 5}}); }, ThrowsMessage<OptionError>(HasSubstr("[2,3,4,5]")));
  EXPECT_THROW(Vgg({.widths = {2, 3, 4, 5, 0}}), OptionError);
  EXPECT_THROW(Vgg({.classes = 1, .widths = {1, 1, 1, 1, 1}}), OptionError);
  EXPECT_THROW(Vgg({.channels = 0, .widths = {1, 1, 1, 1, 1}}), OptionError);
  EXPECT_THROW(Vgg({.widths = {1, 1, 1, 1, 1}, .hidden = 0}), OptionError);
  EXPECT_THROW(Vgg({.widths = {1, 1, 1, 1, 1}, .hidden = 1, .dropout = 1}), OptionError);
}

TEST(Vgg, GradientReachesEveryParameter) {
  Vgg model({.classes = 3, .widths = {4, 4, 6, 6, 8}, .hidden = 32, .dropout = 0});
  test::expect_gradient_reaches_every_parameter(model, {2, 224, 224, 3}, 3);
}

TEST(Vgg, DropoutActsInTrainingOnly) {
  Vgg model({.classes = 3, .widths = {2, 2, 2, 2, 4}, .hidden = 64});
  const NoGradGuard no_grad;
  const Variable x(test::random_images({1, 224, 224, 3}, 1));
  EXPECT_NE(model(x).value().to_vector<float>(), model(x).value().to_vector<float>());
  model.eval();
  EXPECT_EQ(model(x).value().to_vector<float>(), model(x).value().to_vector<float>());
}

}  // namespace
}  // namespace fovea
