// The dropout layer.
#include "fovea/nn/dropout.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "fovea/base/error.hpp"
#include "fovea/nn/sequential.hpp"

namespace fovea {
namespace {

constexpr std::int64_t kCount = 100'000;

std::vector<float> drop_ones(Layer& layer, std::int64_t count = kCount) {
  return layer(Variable(Tensor::full({count}, 1))).value().to_vector<float>();
}

TEST(DropoutLayer, TrainingZeroesTheStatedShareAndScalesTheRest) {
  Dropout layer(0.3);
  const std::vector<float> y = drop_ones(layer);
  const auto zeros = std::count(y.begin(), y.end(), 0.0F);
  EXPECT_EQ(zeros + std::count(y.begin(), y.end(), static_cast<float>(1 / 0.7)), kCount);
  EXPECT_NEAR(static_cast<double>(zeros) / kCount, 0.3, 5 * std::sqrt(0.3 * 0.7 / kCount));  // five deviations of a binomial share
}

TEST(DropoutLayer, EvaluationIsTheIdentity) {
  Dropout layer(0.9);
  layer.eval();
  const Variable x(Tensor::full({8}, 1));
  EXPECT_TRUE(layer(x).value().shares_storage_with(x.value()));
}

TEST(DropoutLayer, ProbabilityZeroKeepsEverything) {
  Dropout layer(0);
  EXPECT_EQ(drop_ones(layer, 1000), std::vector<float>(1000, 1));
}

TEST(DropoutLayer, RefusesOtherProbabilities) {
  for (const double probability : {-0.1, 1.0, 1.5, std::nan("")}) EXPECT_THROW(Dropout{probability}, OptionError) << probability;
}

TEST(DropoutLayer, EverySeedAndPassHasItsOwnMask) {
  Dropout first(0.5), second(0.5);
  initialize(first, 1);
  initialize(second, 1);
  const std::vector<float> mask = drop_ones(first);
  EXPECT_EQ(mask, drop_ones(second));
  EXPECT_NE(mask, drop_ones(first));
  initialize(second, 2);
  EXPECT_NE(mask, drop_ones(second));
  initialize(second, 1);
  EXPECT_EQ(mask, drop_ones(second));
}

TEST(DropoutLayer, LayersOfOneNetworkDropDifferentElements) {
  Sequential net;
  net.emplace<Dropout>(0.5);
  net.emplace<Dropout>(0.5);
  initialize(net, 1);
  EXPECT_NE(drop_ones(net[0]), drop_ones(net[1]));
}

TEST(DropoutLayer, GradientFlowsThroughTheKeptElementsOnly) {
  Dropout layer(0.5);
  const Variable x(Tensor::full({64}, 1), true);
  const Variable y = layer(x);
  backward(y, Tensor::full({64}, 1));
  EXPECT_EQ(x.grad().to_vector<float>(), y.value().to_vector<float>());
}

}  // namespace
}  // namespace fovea
