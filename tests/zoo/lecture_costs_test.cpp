// Costs that the lectures give for classic networks, measured on the networks themselves. Totals of parameters are in zoo_states_test.cpp.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "fovea/pipelines/catalogue.hpp"
#include "fovea/pipelines/network_report.hpp"

namespace fovea {
namespace {

NetworkReport report_of(const std::string& name) {
  const auto network = build_network(default_architecture(name), name);
  return report_network(*network, 224, 224, 3);
}

struct Cost {
  std::int64_t weights = 0, macs = 0;
};

/// Of the convolutions on maps of more than 28x28 pixels, biases and norms not counted.
Cost convolutions_above_28(const std::string& name) {
  Json architecture = default_architecture(name);
  if (architecture.contains("hidden")) architecture["hidden"] = 4;  // of VGG's 124 million other weights
  const auto network = build_network(architecture, name);
  Cost cost;
  for (const LayerReport& layer : report_network(*network, 224, 224, 3).layers) {
    if (layer.operation != "conv2d" || layer.output[1] <= 28) continue;
    cost.macs += layer.macs;
    cost.weights += layer.macs / (layer.output[1] * layer.output[2]);  // each weight is used once for every pixel
  }
  return cost;
}

// CS163: "conv 64@7x7 s2, max, conv 64@1x1, conv 192@3x3, max" has 124K parameters. Its sum of 418 MFLOP is 60 too small: the three
// convolutions have 118, 13 and 347.
TEST(LectureCosts, GoogLeNetsStemAgainstVgg) {
  const Cost stem = convolutions_above_28("googlenet");
  EXPECT_EQ(stem.weights, 9'408 + 4'096 + 110'592);
  EXPECT_EQ(stem.macs, 118'013'952 + 12'845'056 + 346'816'512);
  // "VGG to the same 28x28: 1.1M, 7485 MFLOP" are two convolutions of 256 filters, VGG-13's; VGG-16 has three.
  const Cost vgg = convolutions_above_28("vgg13");
  EXPECT_EQ(vgg.weights, 1'144'512);
  EXPECT_EQ(vgg.macs / 1'000'000, 7'485);
}

TEST(LectureCosts, GoogLeNetEndsWithOneSmallLayer) {
  const NetworkReport report = report_of("googlenet");
  EXPECT_EQ(report.layers.back().name, "fc");
  EXPECT_EQ(report.layers.back().parameters, 1'025'000);
}

TEST(LectureCosts, ResNet18Has1800MillionMultiplyAdds) { EXPECT_EQ(report_of("resnet18").macs / 10'000'000, 181); }

// CS163's table of the one-stream AlexNet: thousands of parameters and millions of multiply-adds of the convolutions and the linear layers.
// The table has 73 for the first, which is 56x56 positions (images of 227x227 with padding) instead of 55x55, and 145 for the fourth, where
// 3 * 3 * 384 * 256 weights on 13x13 positions are 150.
TEST(LectureCosts, AlexNetLayerByLayer) {
  const std::vector<std::pair<std::int64_t, std::int64_t>> expected = {{23, 70},   {307, 224},   {664, 112},   {885, 150},
                                                                       {590, 100}, {37'753, 38}, {16'781, 17}, {4'097, 4}};
  std::size_t row = 0;
  for (const LayerReport& layer : report_of("alexnet").layers) {
    if (layer.macs == 0) continue;
    ASSERT_LT(row, expected.size());
    EXPECT_NEAR(static_cast<double>(layer.parameters) / 1e3, static_cast<double>(expected[row].first), 1) << layer.name;
    EXPECT_NEAR(static_cast<double>(layer.macs) / 1e6, static_cast<double>(expected[row].second), 1) << layer.name;
    ++row;
  }
  EXPECT_EQ(row, expected.size());
}

}  // namespace
}  // namespace fovea
