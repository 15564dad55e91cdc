// Options of the networks of the zoo that are refused, and what is special about single networks. Outputs, gradients, names and counts are
// compared with a peer's in tests/zoo.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "fovea/autograd/ops/arithmetic.hpp"
#include "fovea/base/error.hpp"
#include "fovea/models/alexnet.hpp"
#include "fovea/models/bottleneck_block.hpp"
#include "fovea/models/densenet.hpp"
#include "fovea/models/googlenet.hpp"
#include "fovea/models/inverted_residual.hpp"
#include "fovea/models/linear_classifier.hpp"
#include "fovea/models/mlp.hpp"
#include "fovea/models/mobilenet_v1.hpp"
#include "fovea/models/mobilenet_v2.hpp"
#include "fovea/models/mobilenet_v3.hpp"
#include "fovea/models/nin.hpp"
#include "fovea/models/preact_resnet.hpp"
#include "fovea/models/resnet.hpp"
#include "fovea/models/shufflenet_v2.hpp"
#include "fovea/models/squeezenet.hpp"
#include "fovea/models/vgg.hpp"
#include "model_checks.hpp"

namespace fovea {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::ThrowsMessage;

TEST(ZooOptions, DepthsThatDoNotExist) {
  EXPECT_THAT([] { vgg_options(15); }, ThrowsMessage<OptionError>(HasSubstr("11, 13, 16 or 19, found 15")));
  EXPECT_THAT([] { densenet_options(120); }, ThrowsMessage<OptionError>(HasSubstr("121, 161, 169 or 201, found 120")));
  EXPECT_THAT([] { resnext_options(18, 32, 4); }, ThrowsMessage<OptionError>(HasSubstr("50, 101 or 152, found 18")));
  EXPECT_THAT([] { preact_resnet_cifar_options(165); }, ThrowsMessage<OptionError>(HasSubstr("9 n + 2, as 164, found 165")));
  EXPECT_THAT([] { wide_resnet_cifar_options(29, 10); }, ThrowsMessage<OptionError>(HasSubstr("6 n + 4, as 28, found 29")));
  EXPECT_THROW(wide_resnet_cifar_options(28, 0), OptionError);
  EXPECT_THROW(preact_resnet_options(20), OptionError);
  EXPECT_THROW(se_resnet_options(34), OptionError);
  EXPECT_THAT([] { shufflenet_v2_options(3); }, ThrowsMessage<OptionError>(HasSubstr("0.5, 1, 1.5 or 2, found 3")));
}

TEST(ZooOptions, NumbersOutOfRange) {
  EXPECT_THAT(
      [] {
        AlexNet({.widths = {1, 2, 3}});
      },
      ThrowsMessage<OptionError>(HasSubstr("[alexnet] widths are 5 numbers of 1 or more, found [1,2,3]")));
  EXPECT_THAT(
      [] {
        DenseNet({.blocks = {6, 0}});
      },
      ThrowsMessage<OptionError>(HasSubstr("blocks are one or more numbers from 1 to 1000, found [6,0]")));
  EXPECT_THAT([] { DenseNet({.growth = 0}); }, ThrowsMessage<OptionError>(HasSubstr("the growth is at least 1, found 0")));
  EXPECT_THAT([] { MobileNetV1({.width_multiplier = 0}); }, ThrowsMessage<OptionError>(HasSubstr("(0, 16], found 0")));
  EXPECT_THROW(ResNet({.block = ResNetOptions::Block::bottleneck, .groups = 0}), OptionError);
  EXPECT_THROW(ResNet({.block = ResNetOptions::Block::bottleneck, .width_per_group = 0}), OptionError);
  EXPECT_THROW(PreactResNet({.blocks = {1, 1}, .widths = {4}}), OptionError);
  EXPECT_THAT([] { ShuffleNetV2({.widths = {8, 8, 7, 8, 8}}); }, ThrowsMessage<OptionError>(HasSubstr("are even, found [8,8,7,8,8]")));
  EXPECT_THROW(MobileNetV2({.width_multiplier = -1}), OptionError);
  EXPECT_THROW(MobileNetV3({.width_multiplier = 17}), OptionError);
  EXPECT_THAT([] { Mlp({.activation = "relo"}); }, ThrowsMessage<OptionError>(HasSubstr("did you mean \"relu\"")));
  EXPECT_THROW(Mlp({.hidden = {5, 0}}), OptionError);
  EXPECT_THROW(Mlp({.classes = 1}), OptionError);
  EXPECT_THROW(Nin({.classes = 0}), OptionError);
  EXPECT_THROW(LinearClassifier({.classes = 1}), OptionError);
  EXPECT_THROW(SqueezeNet({.dropout = 1}), OptionError);
}

TEST(Mlp, WithoutHiddenLayersItIsLinear) {
  Mlp model({.height = 4, .width = 3, .channels = 2, .classes = 5, .hidden = {}});
  EXPECT_THAT(test::state_names(model), ElementsAre("0.weight", "0.bias"));
  EXPECT_EQ(model.parameter_count(), 24 * 5 + 5);
}

TEST(Mlp, HasTheActivationAskedFor) {
  for (const char* name : {"relu", "sigmoid", "tanh", "gelu"}) {
    Mlp model({.height = 2, .width = 2, .channels = 1, .classes = 2, .hidden = {3}, .activation = name});
    EXPECT_THAT(test::trace(model, {1, 2, 2, 1}), Contains(std::string(name) + " [1,3]"));
  }
}

TEST(InvertedResidual, StochasticDepthSkipsWholeImagesInTrainingOnly) {
  constexpr std::int64_t kImages = 400, kValues = 4 * 4 * 3;
  InvertedResidual block({.in_channels = 3, .expanded = 6, .out_channels = 3, .drop = 0.25});
  initialize(block, 1);
  const Variable x(test::random_images({kImages, 4, 4, 3}, 1));
  const auto skipped = [&] {
    const std::vector<float> from = x.value().to_vector<float>(), to = block(x).value().to_vector<float>();
    std::int64_t count = 0;
    for (std::int64_t i = 0; i < kImages; ++i)
      count += std::equal(from.begin() + i * kValues, from.begin() + (i + 1) * kValues, to.begin() + i * kValues);
    return count;
  };
  EXPECT_NEAR(static_cast<double>(skipped()), 100, 35);  // four standard deviations
  block.eval();
  EXPECT_EQ(skipped(), 0);
}

// Hu et al. 2018, section 3: one factor for each image and channel, from the mean of the image.
TEST(SqueezeExcite, ScalesChannelsByWhatTheImageHolds) {
  SqueezeExcite gate(2, 1);
  Tensor(gate.fc1.weight.value()).copy_(Tensor::from<float>({1, 0}, {1, 1, 1, 2}));
  Tensor(gate.fc2.weight.value()).copy_(Tensor::from<float>({1, -2}, {2, 1, 1, 1}));
  const Variable x(Tensor::from<float>({1, 5, 3, 7, -1, 5, -3, 7}, {2, 1, 2, 2}));  // means of channel 0: 2 and -2
  const auto sigmoid_of = [](double value) { return 1 / (1 + std::exp(-value)); };
  const std::vector<float> y = gate(x).value().to_vector<float>();
  const std::vector<double> expected = {1 * sigmoid_of(2), 5 * sigmoid_of(-4), 3 * sigmoid_of(2), 7 * sigmoid_of(-4), -0.5, 2.5, -1.5, 3.5};
  for (std::size_t i = 0; i < y.size(); ++i) EXPECT_NEAR(y[i], expected[i], 1e-5);
}

TEST(GoogLeNet, AuxiliaryLogitsHaveTheirOwnMethod) {
  GoogLeNet model({.classes = 4, .auxiliary = true, .auxiliary_dropout = 0});
  const Variable image(test::random_images({2, 64, 64, 3}, 1));
  EXPECT_EQ(model(image).shape(), Shape({2, 4}));
  const GoogLeNetLogits all = model.forward_with_auxiliary(image);
  for (const Variable* logits : {&all.logits, &all.auxiliary1, &all.auxiliary2}) EXPECT_EQ(logits->shape(), Shape({2, 4}));
  backward(all.logits + 0.3 * (all.auxiliary1 + all.auxiliary2), Tensor::from(test::random_values<float>(8, 3), {2, 4}));
  for (const NamedParameter& parameter : model.parameters()) EXPECT_TRUE(parameter.variable.grad().defined()) << parameter.name;
  model.eval();
  const NoGradGuard no_grad;
  EXPECT_EQ(model(image).value().to_vector<float>(), model.forward_with_auxiliary(image).logits.value().to_vector<float>());
}

TEST(GoogLeNet, WithoutAuxiliaryClassifiersThereAreNoneToAsk) {
  GoogLeNet model({.classes = 4});
  EXPECT_THAT(
      [&] {
        model.forward_with_auxiliary(Variable(Tensor::zeros({1, 64, 64, 3})));
      },
      ThrowsMessage<OptionError>(HasSubstr("{.auxiliary = true}")));
}

TEST(SqueezeNet, MaximaCountWindowsThatOnlyBeginInTheImage) {
  SqueezeNet model;
  const auto lines = test::trace(model, {1, 224, 224, 3});
  EXPECT_THAT(lines, Contains("max_pool2d [1,54,54,96]"));
  EXPECT_THAT(lines, Contains("max_pool2d [1,27,27,256]"));
  EXPECT_THAT(lines, Contains("max_pool2d [1,13,13,512]"));
}

TEST(DenseNet, ChannelsGrowAndAreHalved) {
  DenseNet model({.classes = 5, .growth = 3, .stem = 4, .blocks = {2, 1}});
  const auto lines = test::trace(model, {1, 32, 32, 3});
  for (const char* line : {"concat [1,8,8,7]", "concat [1,8,8,10]", "average_pool2d [1,4,4,5]", "concat [1,4,4,8]"})
    EXPECT_THAT(lines, Contains(line));
}

// CS163's sheet: with 64 channels, 32 groups of 4 filters cost as much as the plain bottleneck block: 9 G c^2 + 8 G C c = 17 C^2.
TEST(ResNeXt, GroupsOfFourCostAsMuchAsThePlainBlock) {
  const auto weights = [](const ResNetOptions& options) {
    BottleneckBlock block(256, 64, {.groups = options.groups, .width_per_group = options.width_per_group});
    return block.conv1.weight.shape().numel() + block.conv2.weight.shape().numel() + block.conv3.weight.shape().numel();
  };
  EXPECT_EQ(weights(resnet_options(50)), 17 * 64 * 64);
  EXPECT_EQ(weights(resnext_options(50, 32, 4)), 9 * 32 * 4 * 4 + 8 * 32 * 64 * 4);
}

}  // namespace
}  // namespace fovea
