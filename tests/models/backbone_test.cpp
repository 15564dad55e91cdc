// What is asked of every backbone: feature maps as announced, the last of them is what the classifier reads.
#include "fovea/models/backbone.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <memory>

#include "fovea/autograd/ops/average_pool2d.hpp"
#include "fovea/base/error.hpp"
#include "fovea/models/alexnet.hpp"
#include "fovea/models/darknet.hpp"
#include "fovea/models/densenet.hpp"
#include "fovea/models/efficientnet.hpp"
#include "fovea/models/googlenet.hpp"
#include "fovea/models/mobilenet_v1.hpp"
#include "fovea/models/mobilenet_v2.hpp"
#include "fovea/models/mobilenet_v3.hpp"
#include "fovea/models/preact_resnet.hpp"
#include "fovea/models/resnet.hpp"
#include "fovea/models/shufflenet_v2.hpp"
#include "fovea/models/squeezenet.hpp"
#include "fovea/models/vgg.hpp"
#include "model_checks.hpp"

namespace fovea {
namespace {

struct Case {
  const char* name;
  std::function<std::unique_ptr<Backbone>(std::int64_t classes)> make;
  std::vector<std::int64_t> strides, channels;  // of the maps from 4 pixels on
};

template <class Model, class Options>
auto maker(Options options) {
  return [options](std::int64_t classes) mutable -> std::unique_ptr<Backbone> {
    options.classes = classes;
    return std::make_unique<Model>(options);
  };
}

ResNetOptions narrow_resnet() {
  ResNetOptions options = resnet_options(50);
  options.widths = {2, 3, 4, 5};
  return options;
}

ResNetOptions narrow_se_resnet() {
  ResNetOptions options = se_resnet_options(50);
  options.widths = {4, 4, 4, 4};
  return options;
}

PreactResNetOptions narrow_preact() { return {.stem_width = 3, .blocks = {1, 1, 1}, .widths = {2, 3, 4}}; }

const std::vector<Case>& cases() {
  static const std::vector<Case> all = {
      {"ResNet", maker<ResNet>(narrow_resnet()), {4, 8, 16, 32}, {8, 12, 16, 20}},
      {"PreactResNet", maker<PreactResNet>(narrow_preact()), {4, 8, 16}, {2, 3, 4}},
      {"Vgg", maker<Vgg>(VggOptions{.widths = {2, 3, 4, 5, 6}, .hidden = 7}), {4, 8, 16, 32}, {4, 5, 6, 6}},
      {"VggWithNorms", maker<Vgg>(VggOptions{.widths = {2, 3, 4, 5, 6}, .batch_norm = true, .hidden = 7}), {4, 8, 16, 32}, {4, 5, 6, 6}},
      {"AlexNet", maker<AlexNet>(AlexNetOptions{.widths = {2, 3, 4, 5, 6}, .hidden = 7}), {4, 8, 16, 32}, {2, 3, 6, 6}},
      {"SqueezeNet", maker<SqueezeNet>(SqueezeNetOptions{}), {4, 8, 16}, {256, 512, 512}},
      {"SqueezeNetSmall", maker<SqueezeNet>(SqueezeNetOptions{.version = SqueezeNetOptions::Version::v1_1}), {4, 8, 16}, {128, 256, 512}},
      {"DenseNet", maker<DenseNet>(DenseNetOptions{.growth = 2, .stem = 4, .blocks = {2, 3, 4}}), {4, 8, 16}, {8, 10, 13}},
      {"GoogLeNet", maker<GoogLeNet>(GoogLeNetOptions{}), {4, 8, 16, 32}, {192, 480, 832, 1024}},
      {"SqueezeExciteResNet", maker<ResNet>(narrow_se_resnet()), {4, 8, 16, 32}, {16, 16, 16, 16}},
      {"Darknet19", maker<Darknet19>(DarknetOptions{}), {4, 8, 16, 32}, {128, 256, 512, 1024}},
      {"Darknet53", maker<Darknet53>(DarknetOptions{}), {4, 8, 16, 32}, {128, 256, 512, 1024}},
      {"DarknetTiny", maker<DarknetTiny>(DarknetTinyOptions{.width_multiplier = 0.25}), {4, 8, 16, 32}, {16, 32, 64, 128}},
      {"EfficientNet", maker<EfficientNet>(EfficientNetOptions{}), {4, 8, 16, 32}, {24, 40, 112, 1280}},
      {"ShuffleNetV2", maker<ShuffleNetV2>(ShuffleNetV2Options{.widths = {8, 12, 16, 20, 30}}), {8, 16, 32}, {12, 16, 30}},
      {"MobileNetV2", maker<MobileNetV2>(MobileNetV2Options{.width_multiplier = 0.25}), {4, 8, 16, 32}, {8, 8, 24, 1280}},
      {"MobileNetV3Large", maker<MobileNetV3>(MobileNetV3Options{.width_multiplier = 0.5}), {4, 8, 16, 32}, {16, 24, 56, 480}},
      {"MobileNetV3Small",
       maker<MobileNetV3>(MobileNetV3Options{.size = MobileNetV3Options::Size::small, .width_multiplier = 0.5}),
       {4, 8, 16, 32},
       {8, 16, 24, 288}},
      {"MobileNetV1", maker<MobileNetV1>(MobileNetV1Options{.width_multiplier = 0.25}), {4, 8, 16, 32}, {32, 64, 128, 256}},
  };
  return all;
}

class BackboneTest : public testing::TestWithParam<Case> {};
INSTANTIATE_TEST_SUITE_P(All, BackboneTest, testing::ValuesIn(cases()), [](const auto& test) { return std::string(test.param.name); });

TEST_P(BackboneTest, MapsAreAsAnnounced) {
  const auto network = GetParam().make(3);
  network->eval();
  const NoGradGuard no_grad;
  const FeatureMaps maps = network->feature_maps(Variable(test::random_images({2, 128, 128, 3}, 1)));
  const std::vector<FeatureMapShape> announced = network->output_shape();
  ASSERT_EQ(maps.size(), GetParam().strides.size());
  ASSERT_EQ(announced.size(), maps.size());
  for (std::size_t i = 0; i < maps.size(); ++i) {
    EXPECT_EQ(maps[i].shape, announced[i]);
    EXPECT_EQ(announced[i].stride, GetParam().strides[i]);
    EXPECT_EQ(announced[i].channels, GetParam().channels[i]);
    EXPECT_EQ(maps[i].tensor.extent(0), 2);
    EXPECT_EQ(maps[i].tensor.extent(3), announced[i].channels);
    EXPECT_NEAR(static_cast<double>(maps[i].tensor.extent(1)), 128.0 / static_cast<double>(announced[i].stride), 2) << announced[i].name;
    EXPECT_EQ(maps[i].tensor.extent(1), maps[i].tensor.extent(2));
  }
}

TEST_P(BackboneTest, MapsHaveTheNamesOfModules) {
  const auto network = GetParam().make(0);
  std::vector<std::string> names;
  network->visit([&](const std::string& name, Module&) { names.push_back(name); });
  for (const FeatureMapShape& shape : network->output_shape(1)) EXPECT_THAT(names, testing::Contains(shape.name));
}

TEST_P(BackboneTest, FinerMapsAreGivenWhenAskedFor) {
  const auto network = GetParam().make(0);
  EXPECT_LT(network->output_shape(1).front().stride, 5);
  EXPECT_GE(network->output_shape(1).size(), network->output_shape().size());
  const auto coarse = network->output_shape(16);
  ASSERT_FALSE(coarse.empty());
  EXPECT_EQ(coarse.front().stride, 16);
  EXPECT_EQ(network->feature_maps(Variable(Tensor::zeros({1, 128, 128, 3})), 16).front().shape, coarse.front());
}

TEST_P(BackboneTest, WithoutClassesItGivesTheMeanOfTheLastMap) {
  const auto network = GetParam().make(0), classifier = GetParam().make(3);
  network->eval();
  const NoGradGuard no_grad;
  const Variable image(test::random_images({1, 128, 128, 3}, 1));
  EXPECT_EQ(network->forward(image).value().to_vector<float>(),
            global_average_pool2d(network->feature_maps(image).back().tensor).value().to_vector<float>());
  EXPECT_EQ(classifier->forward(image).shape(), Shape({1, 3}));
  // All that is missing is the classifier: the names of the rest are the same, and in the same order.
  std::vector<std::string> names = test::state_names(*network), all = test::state_names(*classifier);
  ASSERT_LT(names.size(), all.size());
  EXPECT_TRUE(std::includes(all.begin(), all.end(), names.begin(), names.end(), [&](const std::string& a, const std::string& b) {
    return std::find(all.begin(), all.end(), a) < std::find(all.begin(), all.end(), b);
  }));
}

TEST_P(BackboneTest, OneClassIsNone) {
  EXPECT_THROW(GetParam().make(1), OptionError);
  EXPECT_THROW(GetParam().make(-1), OptionError);
}

TEST_P(BackboneTest, GradientsReachEveryParameterThroughTheMaps) {
  const auto network = GetParam().make(0);
  initialize(*network, 1);
  backward(network->forward(Variable(test::random_images({2, 128, 128, 3}, 4))),
           Tensor::full({2, network->output_shape().back().channels}, 1));
  for (const NamedParameter& parameter : network->parameters()) EXPECT_TRUE(parameter.variable.grad().defined()) << parameter.name;
}

}  // namespace
}  // namespace fovea
