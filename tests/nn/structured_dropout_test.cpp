#include "fovea/nn/structured_dropout.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <memory>

#include "fovea/base/error.hpp"
#include "support/values.hpp"

namespace fovea {
namespace {

std::vector<std::function<std::unique_ptr<Layer>(double)>> makers() {
  return {[](double p) { return std::make_unique<SpatialDropout>(p); }, [](double p) { return std::make_unique<StochasticDepth>(p); },
          [](double p) { return std::make_unique<StochasticDepth>(p, StochasticDepthMode::batch); }};
}

std::vector<float> drop_ones(Layer& layer) { return layer(Variable(Tensor::full({64, 2, 2, 16}, 1))).value().to_vector<float>(); }

TEST(StructuredDropoutLayers, AreTheirOperationsWithAStreamOfTheirOwn) {
  const Variable x(Tensor::full({64, 2, 2, 16}, 1));
  SpatialDropout spatial(0.3);
  StochasticDepth depth(0.3);
  for (Layer* layer : std::initializer_list<Layer*>{&spatial, &depth}) {
    RandomStream first(5), second(5);
    layer->reset_parameters(first);
    const Variable expected =
        layer == &spatial ? spatial_dropout(x, 0.3, second) : stochastic_depth(x, 0.3, StochasticDepthMode::row, second);
    EXPECT_EQ(drop_ones(*layer), expected.value().to_vector<float>());
  }
}

TEST(StructuredDropoutLayers, FollowTheSeedAndDoNothingInEvaluation) {
  for (const auto& make : makers()) {
    const auto a = make(0.5), b = make(0.5);
    for (int pass = 0; pass < 3; ++pass) {
      initialize(*a, 3);
      initialize(*b, 3);
      for (int i = 0; i < 5; ++i) EXPECT_EQ(drop_ones(*a), drop_ones(*b));
    }
    a->eval();
    const Variable x(Tensor::full({8, 2}, 1));
    EXPECT_TRUE((*a)(x).value().shares_storage_with(x.value()));
    for (const double probability : {-0.1, 1.0, std::nan("")}) EXPECT_THROW(make(probability), OptionError);
  }
}

TEST(DropConnectLinear, DropsWeightsInTrainingOnly) {
  constexpr std::int64_t kInputs = 50, kOutputs = 40;
  DropConnectLinear layer(kInputs, kOutputs, 0.25);
  const auto names = layer.parameters();
  ASSERT_EQ(names.size(), 2u);
  EXPECT_EQ(names[0].name, "weight");
  EXPECT_EQ(names[1].name, "bias");
  Tensor(layer.weight.value()).fill_(3);
  Tensor(layer.bias.value()).fill_(10);
  Tensor unit = Tensor::zeros({kInputs, kInputs});  // shows the weights: row i of the result is column i
  for (std::int64_t i = 0; i < kInputs; ++i) unit.mutable_data<float>()[i * kInputs + i] = 1;
  double dropped = 0;
  for (const float value : layer(Variable(unit)).value().to_vector<float>()) {
    ASSERT_TRUE(value == 10 || value == 14) << value;  // 3 / (1 - 0.25) + 10
    dropped += value == 10;
  }
  EXPECT_NEAR(dropped / (kInputs * kOutputs), 0.25, 5 * std::sqrt(0.25 * 0.75 / (kInputs * kOutputs)));
  layer.eval();
  for (const float value : layer(Variable(unit)).value().to_vector<float>()) ASSERT_EQ(value, 13);
}

TEST(DropConnectLinear, GradientsReachTheKeptWeights) {
  DropConnectLinear layer(3, 2, 0.5);
  const Variable x(Tensor::from(test::random_values<float>(3, 1), {1, 3}));
  Tensor(layer.weight.value()).fill_(1);
  RandomStream stream(4);
  layer.reset_parameters(stream);
  Tensor(layer.weight.value()).fill_(1);
  backward(layer(x), Tensor::full({1, 2}, 1));
  int kept = 0;
  for (std::int64_t i = 0; i < 6; ++i) {
    const float gradient = layer.weight.grad().data<float>()[i], input = x.value().data<float>()[i % 3];
    EXPECT_TRUE(gradient == 0 || gradient == 2 * input);
    kept += gradient != 0;
  }
  EXPECT_GT(kept, 0);
  EXPECT_LT(kept, 6);
}

TEST(DropConnectLinear, Refuses) {
  EXPECT_THROW(DropConnectLinear(0, 2), OptionError);
  EXPECT_THROW(DropConnectLinear(2, 2, 1), OptionError);
}

}  // namespace
}  // namespace fovea
