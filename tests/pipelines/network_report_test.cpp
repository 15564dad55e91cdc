#include "fovea/pipelines/network_report.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <nlohmann/json.hpp>

#include "fovea/models/lenet5.hpp"
#include "fovea/models/resnet_mini.hpp"
#include "fovea/models/unet.hpp"
#include "fovea/nn/activation.hpp"
#include "fovea/nn/conv2d.hpp"
#include "fovea/nn/conv_transpose2d.hpp"
#include "fovea/nn/pool2d.hpp"
#include "fovea/nn/sequential.hpp"

namespace fovea {
namespace {

using testing::HasSubstr;

/// The layers that have parameters, by name.
std::map<std::string, LayerReport> named_layers(const NetworkReport& report) {
  std::map<std::string, LayerReport> layers;
  for (const LayerReport& layer : report.layers)
    if (!layer.name.empty()) layers[layer.name] = layer;
  return layers;
}

TEST(NetworkReport, HasTheLecturesTableOfLeNet5) {
  LeNet5 network;
  const NetworkReport report = report_network(network, 28, 28, 1);
  auto layers = named_layers(report);
  ASSERT_EQ(layers.size(), 4u);
  EXPECT_EQ(layers["conv1"].parameters, 520);
  EXPECT_EQ(layers["conv2"].parameters, 25'050);
  EXPECT_EQ(layers["fc1"].parameters, 1'225'500);
  EXPECT_EQ(layers["fc2"].parameters, 5'010);
  EXPECT_EQ(layers["conv1"].macs, 392'000);    // 28*28 * 20 * 5*5*1
  EXPECT_EQ(layers["conv2"].macs, 4'900'000);  // 14*14 * 50 * 5*5*20
  EXPECT_EQ(layers["fc1"].macs, 1'225'000);    // 500 * 7*7*50
  EXPECT_EQ(layers["fc2"].macs, 5'000);
  EXPECT_EQ(report.parameters, 1'256'080);
  EXPECT_EQ(report.macs, 6'522'000);
  EXPECT_EQ(report.parameter_bytes, 4 * 1'256'080);
}

TEST(NetworkReport, FollowsFieldsAndStridesThroughLeNet5) {
  LeNet5 network;
  struct Expected {
    const char* operation;
    std::int64_t field, stride;
    Shape output;
  };
  const std::vector<Expected> expected = {
      {"conv2d", 5, 1, {1, 28, 28, 20}},  {"relu", 5, 1, {1, 28, 28, 20}},  {"max_pool2d", 6, 2, {1, 14, 14, 20}},
      {"conv2d", 14, 2, {1, 14, 14, 50}}, {"relu", 14, 2, {1, 14, 14, 50}}, {"max_pool2d", 16, 4, {1, 7, 7, 50}},
      {"reshape", 0, 0, {1, 2450}},       {"linear", 0, 0, {1, 500}},       {"relu", 0, 0, {1, 500}},
      {"linear", 0, 0, {1, 10}}};
  const NetworkReport report = report_network(network, 28, 28, 1);
  ASSERT_EQ(report.layers.size(), expected.size());
  for (std::size_t i = 0; i < expected.size(); ++i) {
    const LayerReport& layer = report.layers[i];
    EXPECT_EQ(layer.operation, expected[i].operation) << i;
    EXPECT_EQ(layer.output, expected[i].output) << i;
    EXPECT_EQ(layer.field_height, expected[i].field) << i;
    EXPECT_EQ(layer.field_width, expected[i].field) << i;
    EXPECT_EQ(layer.stride_height, expected[i].stride) << i;
    EXPECT_EQ(layer.stride_width, expected[i].stride) << i;
  }
}

TEST(NetworkReport, FollowsUNetDownAndUpAgain) {
  UNet network({.channels = 1, .classes = 2, .widths = {2, 3}});
  const NetworkReport report = report_network(network, 8, 12, 1);
  auto layers = named_layers(report);
  EXPECT_EQ(layers["up.0"].operation, "conv_transpose2d");
  EXPECT_EQ(layers["up.0"].parameters, 3 * 2 * 2 * 2 + 2);
  EXPECT_EQ(layers["up.0"].macs, 4 * 6 * 3 * 2 * 2 * 2);  // input pixels, times the weights
  // 5 pixels after two 3x3; 6 at stride 2 after the pooling; 6 + 4 * 2 after the lower two; the 2x2 with stride 2 sees one of those.
  EXPECT_EQ(layers["down.1.3"].field_height, 14);
  EXPECT_EQ(layers["up.0"].field_height, 14);
  EXPECT_EQ(layers["up.0"].stride_height, 1);
  EXPECT_EQ(layers["dec.0.3"].field_width, 18);
  EXPECT_EQ(layers["out"].macs, 8 * 12 * 2 * 2);
}

TEST(NetworkReport, WindowsOfATransposedConvolutionMayOverlap) {
  Sequential network;
  network.emplace<MaxPool2d>();
  network.emplace<ConvTranspose2d>(1, 1, ConvTranspose2dOptions{.kernel = 4, .stride = 2, .padding = 1});
  network.emplace<ConvTranspose2d>(1, 1);
  const NetworkReport report = report_network(network, 8, 8, 1);
  EXPECT_EQ(report.layers[1].field_height, 4);  // two neighbours of 2 pixels
  EXPECT_EQ(report.layers[1].stride_height, 1);
  EXPECT_EQ(report.layers[2].output, (Shape{1, 16, 16, 1}));
  EXPECT_EQ(report.layers[2].field_height, 0);  // finer than the image
}

TEST(NetworkReport, CountsTheMemoryOfOutputs) {
  LeNet5 network;
  const NetworkReport report = report_network(network, 28, 28, 1);
  EXPECT_EQ(report.layers[0].bytes, 4 * 28 * 28 * 20);
  EXPECT_EQ(report.layers[6].bytes, 0) << "flattening is a view";
  const std::int64_t floats = 2 * 28 * 28 * 20 + 14 * 14 * 20 + 2 * 14 * 14 * 50 + 7 * 7 * 50 + 2 * 500 + 10;
  EXPECT_EQ(report.activation_bytes, 4 * floats);
}

TEST(NetworkReport, FollowsTheLecturesFormulaThroughAResidualNetwork) {
  ResNetMini network;
  auto layers = named_layers(report_network(network, 32, 32, 3));
  // The longest way, by name, window and stride. R = 1 + sum over layers of (product of earlier strides) * (window - 1).
  struct Step {
    const char* name;
    std::int64_t window, stride;
  };
  const std::vector<Step> way = {{"conv1", 3, 1},          {"layer1.0.conv1", 3, 1}, {"layer1.0.conv2", 3, 1}, {"layer2.0.conv1", 3, 2},
                                 {"layer2.0.conv2", 3, 1}, {"layer3.0.conv1", 3, 2}, {"layer3.0.conv2", 3, 1}};
  std::int64_t field = 1, strides = 1;
  for (const Step& step : way) {
    field += strides * (step.window - 1);
    strides *= step.stride;
    ASSERT_TRUE(layers.contains(step.name)) << step.name;
    EXPECT_EQ(layers[step.name].field_height, field) << step.name;
    EXPECT_EQ(layers[step.name].field_width, field) << step.name;
    EXPECT_EQ(layers[step.name].stride_height, strides) << step.name;
  }
  EXPECT_EQ(field, 25);
  EXPECT_EQ(layers["layer3.0.downsample.0"].field_height, 13) << "a 1x1 shortcut sees no more than its input";
}

TEST(NetworkReport, CountsTheWorkOfAResidualNetwork) {
  ResNetMini network;
  const NetworkReport report = report_network(network, 32, 32, 3);
  const std::int64_t stem = 32 * 32 * 32 * (9 * 3);
  const std::int64_t stage1 = 2 * 32 * 32 * 32 * (9 * 32);
  const std::int64_t stage2 = 16 * 16 * 64 * (9 * 32 + 9 * 64 + 32);
  const std::int64_t stage3 = 8 * 8 * 128 * (9 * 64 + 9 * 128 + 64);
  EXPECT_EQ(report.macs, stem + stage1 + stage2 + stage3 + 128 * 10);
  std::int64_t parameters = 0;
  for (const LayerReport& layer : report.layers) parameters += layer.parameters;
  EXPECT_EQ(parameters, report.parameters) << "each parameter is some layer's, once";
}

/// From the first to the last column of a zero image that changes an output element of `network` when set to 1; its weights become 1.
std::int64_t measured_field(Layer& network, std::int64_t side) {
  for (const NamedParameter& parameter : network.parameters()) {
    Tensor values = parameter.variable.value();
    values.fill_(parameter.name.ends_with("bias") ? 0 : 1);
  }
  network.eval();
  const NoGradGuard no_grad;
  std::vector<std::int64_t> seen;
  for (std::int64_t x = 0; x < side; ++x) {
    Tensor image = Tensor::zeros({1, side, side, 2});
    for (std::int64_t y = 0; y < side; ++y) image.mutable_data<float>()[(y * side + x) * 2] = 1;
    const Tensor output = network.forward(Variable(image)).value();
    const std::int64_t middle = (output.extent(1) / 2 * output.extent(2) + output.extent(2) / 2) * output.extent(3);
    if (output.data<float>()[middle] != 0) seen.push_back(x);
  }
  return seen.empty() ? 0 : seen.back() - seen.front() + 1;
}

TEST(NetworkReport, AgreesWithWhatAnOutputReallySees) {
  Sequential network;
  network.emplace<Conv2d>(2, 4, Conv2dOptions{.kernel = 3, .stride = 2, .dilation = 2});
  network.emplace<Relu>();
  network.emplace<Conv2d>(4, 4, Conv2dOptions{.kernel = 5, .padding = 2, .groups = 2});
  network.emplace<MaxPool2d>();
  network.emplace<Conv2d>(4, 3, Conv2dOptions{.kernel = 2, .dilation = 3});
  const NetworkReport report = report_network(network, 65, 65, 2);
  // 1 + 1*2*2 + 2*4 + 2*1 + 4*3
  EXPECT_EQ(report.layers.back().field_width, 27);
  EXPECT_EQ(report.layers.back().stride_width, 4);
  EXPECT_EQ(measured_field(network, 65), 27);
}

TEST(NetworkReport, CountsGroupsOnce) {
  Conv2d grouped(4, 6, {.kernel = {3, 1}, .padding = 0, .groups = 2, .bias = false});
  const NetworkReport report = report_network(grouped, 10, 7, 4);
  EXPECT_EQ(report.macs, 8 * 7 * 6 * (3 * 1 * 2));
  EXPECT_EQ(report.parameters, 6 * 3 * 1 * 2);
  EXPECT_EQ(report.layers.at(0).field_height, 3);
  EXPECT_EQ(report.layers.at(0).field_width, 1);
}

/// Parameters and floating buffers.
std::vector<std::vector<float>> values_of(const Module& network) {
  std::vector<std::vector<float>> values;
  for (const StateEntry& entry : network.state_dict())
    if (entry.tensor.dtype() == DType::f32) values.push_back(entry.tensor.to_vector<float>());
  return values;
}

TEST(NetworkReport, LeavesTheNetworkAsItWas) {
  ResNetMini network({.channels = 1, .widths = {4}});
  const std::vector<std::vector<float>> before = values_of(network);
  ASSERT_TRUE(network.is_training());
  report_network(network, 8, 8, 1);
  EXPECT_TRUE(network.is_training());
  EXPECT_EQ(values_of(network), before);
  network.eval();
  report_network(network, 8, 8, 1);
  EXPECT_FALSE(network.is_training());
}

TEST(NetworkReport, IsJsonAndATable) {
  LeNet5 network;
  const NetworkReport report = report_network(network, 28, 28, 1);
  const Json json = report.to_json();
  EXPECT_EQ(json["parameters"], 1'256'080);
  EXPECT_EQ(json["macs"], 6'522'000);
  ASSERT_EQ(json["layers"].size(), report.layers.size());
  EXPECT_EQ(json["layers"][3]["name"], "conv2");
  EXPECT_EQ(json["layers"][3]["output"], Json({1, 14, 14, 50}));
  EXPECT_EQ(json["layers"][3]["receptive_field"], Json({14, 14}));
  EXPECT_EQ(json["layers"][3]["stride"], Json({2, 2}));
  const std::string text = report.to_text();
  for (const char* part : {"conv1", "1,256,080", "6,522,000", "16x16", "4x4", "[1,28,28,20]"}) EXPECT_THAT(text, HasSubstr(part));
}

}  // namespace
}  // namespace fovea
