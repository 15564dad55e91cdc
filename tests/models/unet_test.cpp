// U-Net: shapes, and what is asked of every network.
#include "fovea/models/unet.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fovea/autograd/ops/reshape.hpp"
#include "fovea/base/error.hpp"
#include "model_checks.hpp"

namespace fovea {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::ThrowsMessage;

const UNetOptions kSmall{.channels = 2, .classes = 3, .widths = {4, 6, 8}};

/// Rows of logits, one a pixel, as the checks of classifiers want them.
class Rows final : public Layer {
 public:
  explicit Rows(const UNetOptions& options) : net(options) { register_module("net", net); }
  Variable forward(const Variable& x) override { return reshape(net(x), {x.extent(0) * x.extent(1) * x.extent(2), -1}); }
  UNet net;
};

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

TEST(UNet, RefusesImagesThatCannotBeHalved) {
  UNet model(kSmall);
  EXPECT_THAT(
      [&] {
        model(Variable(Tensor::zeros({1, 8, 10, 2})));
      },
      ThrowsMessage<ShapeError>(HasSubstr("[unet] the image's sides are multiples of 4, found 10x8")));
  EXPECT_THROW(model(Variable(Tensor::zeros({1, 6, 8, 2}))), ShapeError);
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

TEST(UNet, GradientReachesEveryParameter) {
  Rows model(kSmall);
  const Shape input{2, 8, 12, 2};
  initialize(model, 1);
  backward(cross_entropy(model(Variable(test::random_images(input, 4))), test::random_targets(2 * 8 * 12, 3, 5)));
  for (const NamedParameter& parameter : model.parameters()) {
    double magnitude = 0;
    for (const float value : parameter.variable.grad().span<float>()) magnitude += value < 0 ? -value : value;
    EXPECT_GT(magnitude, 0) << parameter.name;
    EXPECT_LT(magnitude, 1e9) << parameter.name;
  }
}

TEST(UNet, OutputsDoNotDependOnTheBatch) {
  UNet model({.widths = {8, 16, 20}});
  test::expect_batch_does_not_matter(model, 12, 8, 3);
}

TEST(UNet, TrainingDoesNotDependOnThreads) {
  Rows model({.widths = {8, 16, 20}});
  const Tensor images = test::random_images({3, 16, 12, 3}, 2), targets = test::random_targets(3 * 16 * 12, 2, 3);
  const auto expected = test::training_pass(model, images, targets, 1);
  for (const int threads : {2, 3}) EXPECT_TRUE(test::training_pass(model, images, targets, threads) == expected) << threads;
}

}  // namespace
}  // namespace fovea
