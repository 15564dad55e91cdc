// First weights from data, and the statistics that show why.
#include "fovea/nn/lsuv.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <numeric>

#include "fovea/base/error.hpp"
#include "fovea/nn/activation.hpp"
#include "fovea/nn/activation_statistics.hpp"
#include "fovea/nn/conv2d.hpp"
#include "fovea/nn/init.hpp"
#include "fovea/nn/layer_output.hpp"
#include "fovea/nn/linear.hpp"
#include "fovea/nn/sequential.hpp"
#include "support/values.hpp"

namespace fovea {
namespace {

struct Net {
  Net() {
    net.emplace<Conv2d>(3, 8, Conv2dOptions{.kernel = 3, .padding = 1});
    net.emplace<Relu>();
    net.emplace<Conv2d>(8, 12, Conv2dOptions{.kernel = 3, .stride = 2});
    net.emplace<Relu>();
    net.emplace<Conv2d>(12, 5, Conv2dOptions{.kernel = 1});
    initialize(net, 1);
  }
  Sequential net;
};

Variable images() { return Variable(Tensor::from(test::random_values<float>(4 * 9 * 11 * 3, 3), {4, 9, 11, 3})); }

double variance_of(const Tensor& tensor) {
  double mean = 0, variance = 0;
  const auto count = static_cast<double>(tensor.numel());
  for (const float value : tensor.span<float>()) mean += value / count;
  for (const float value : tensor.span<float>()) variance += (value - mean) * (value - mean) / count;
  return variance;
}

TEST(Lsuv, EveryLayerGetsUnitVariance) {
  for (const bool orthogonal : {true, false}) {
    Net n;
    RandomStream stream(5);
    const std::vector<LsuvLayer> report = initialize_lsuv(n.net, images(), stream, {.tolerance = 1e-3, .orthogonal = orthogonal});
    ASSERT_EQ(report.size(), 3u);
    for (const LsuvLayer& layer : report) {
      EXPECT_NEAR(layer.variance, 1, 1e-3) << layer.layer;
      EXPECT_NEAR(variance_of(layer_output(n.net, images(), layer.layer)), 1, 1e-3) << layer.layer;
      EXPECT_GE(layer.iterations, 1);
    }
  }
}

TEST(Lsuv, ALayerThatDoesNotVaryStays) {
  Sequential net;
  auto& layer = net.emplace<Linear>(3, 2);
  RandomStream stream(5);
  const auto report = initialize_lsuv(net, Variable(Tensor::zeros({4, 3})), stream);
  ASSERT_EQ(report.size(), 1u);
  EXPECT_EQ(report[0].iterations, 0);
  for (const float value : layer.weight.value().span<float>()) EXPECT_TRUE(std::isfinite(value));
  EXPECT_THROW(initialize_lsuv(net, Variable(Tensor::zeros({4, 3})), stream, {.tolerance = 0}), OptionError);
  EXPECT_THROW(initialize_lsuv(net, Variable(Tensor::zeros({4, 3})), stream, {.iterations = 0}), OptionError);
}

TEST(ActivationStatistics, AreThoseOfEveryOperationsOutput) {
  Net n;
  const auto list = activation_statistics(n.net, images(), 10);
  std::vector<std::string> names;
  for (const ActivationStatistics& s : list) {
    names.push_back(s.layer + " " + s.operation);
    EXPECT_EQ(std::accumulate(s.histogram.begin(), s.histogram.end(), std::int64_t{0}), s.shape.numel());
    EXPECT_EQ(s.histogram.size(), 10u);
  }
  EXPECT_THAT(names, testing::ElementsAre("0 conv2d", "0 relu", "2 conv2d", "2 relu", "4 conv2d"));
  const Tensor last = layer_output(n.net, images(), "4");
  EXPECT_NEAR(list[4].deviation * list[4].deviation, variance_of(last), 1e-6);
  EXPECT_EQ(list[4].shape, last.shape());
  EXPECT_EQ(list[0].zeros, 0);
  EXPECT_GT(list[1].zeros, 0.2);
  EXPECT_EQ(list[1].minimum, 0);
  EXPECT_EQ(list[1].maximum, list[0].maximum);
  EXPECT_THROW(activation_statistics(n.net, images(), 0), OptionError);
}

TEST(ActivationStatistics, WorkedNumbersAndDeadChannels) {
  // One linear layer of 2 inputs and 4 outputs, the third of which is never above 0 behind the ReLU.
  Sequential net;
  auto& layer = net.emplace<Linear>(2, 4, LinearOptions{.bias = false});
  net.emplace<Relu>();
  layer.weight.set_value(Tensor::from<float>({1, 0, 0, 1, -1, -1, 1, 1}, {4, 2}));
  const auto list = activation_statistics(net, Variable(Tensor::from<float>({1, 2, 3, 0}, {2, 2})), 2);
  ASSERT_EQ(list.size(), 2u);
  // Rows 1, 2, -3, 3 and 3, 0, -3, 3.
  EXPECT_EQ(list[0].mean, 6.0 / 8);
  EXPECT_EQ(list[0].minimum, -3);
  EXPECT_EQ(list[0].maximum, 3);
  EXPECT_NEAR(list[0].deviation, std::sqrt((1 + 4 + 9 + 9 + 9 + 0 + 9 + 9) / 8.0 - 0.5625), 1e-12);
  EXPECT_EQ(list[0].histogram, (std::vector<std::int64_t>{2, 6}));
  EXPECT_EQ(list[1].zeros, 3.0 / 8);
  EXPECT_EQ(list[1].dead_channels, 0.25);
}

}  // namespace
}  // namespace fovea
