// The normalisation layers: parameters under torch's names, options handed on, errors.
#include "fovea/nn/normalization.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "fovea/base/error.hpp"
#include "support/values.hpp"

namespace fovea {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

Variable input() { return Variable(Tensor::from(test::random_values<float>(2 * 3 * 4 * 6, 1), {2, 3, 4, 6})); }

/// Weights 1, 2, ...; biases 10, 20, ...
void fill(Variable& weight, Variable& bias) {
  for (std::int64_t i = 0; i < weight.shape().numel(); ++i) {
    Tensor(weight.value()).mutable_data<float>()[i] = static_cast<float>(i + 1);
    Tensor(bias.value()).mutable_data<float>()[i] = static_cast<float>(10 * (i + 1));
  }
}

template <class L>
void check(L& layer, const Shape& parameters, const std::function<Variable(const Variable&, const Variable&)>& operation) {
  const auto list = layer.parameters();
  ASSERT_EQ(list.size(), 2u);
  EXPECT_EQ(list[0].name, "weight");
  EXPECT_EQ(list[1].name, "bias");
  EXPECT_EQ(layer.weight.shape(), parameters);
  EXPECT_THAT(layer.weight.value().template to_vector<float>(), testing::Each(1));
  EXPECT_THAT(layer.bias.value().template to_vector<float>(), testing::Each(0));
  fill(layer.weight, layer.bias);
  EXPECT_EQ(layer(input()).value().template to_vector<float>(), operation(layer.weight, layer.bias).value().template to_vector<float>());
  initialize(layer, 1);
  EXPECT_THAT(layer.weight.value().template to_vector<float>(), testing::Each(1));
  EXPECT_THAT(layer.bias.value().template to_vector<float>(), testing::Each(0));
}

TEST(NormalizationLayers, AreTheirOperations) {
  LayerNorm layer(6), planes(Shape{4, 6}, {.epsilon = 0.1});
  check(layer, {6}, [](const auto& w, const auto& b) { return layer_norm(input(), w, b); });
  check(planes, {4, 6}, [](const auto& w, const auto& b) { return layer_norm(input(), w, b, {.axes = 2, .epsilon = 0.1}); });
  GroupNorm group(3, 6, {.epsilon = 0.1});
  check(group, {6}, [](const auto& w, const auto& b) { return group_norm(input(), 3, w, b, 0.1); });
  InstanceNorm2d instance(6, {.affine = true});
  check(instance, {6}, [](const auto& w, const auto& b) { return instance_norm(input(), w, b); });
  LocalResponseNorm local({.size = 3, .alpha = 0.5});
  EXPECT_EQ(local(input()).value().to_vector<float>(), local_response_norm(input(), {.size = 3, .alpha = 0.5}).value().to_vector<float>());
}

TEST(NormalizationLayers, MayHaveNoParameters) {
  LayerNorm layer(6, {.affine = false});
  GroupNorm group(2, 6, {.affine = false});
  InstanceNorm2d instance(6);
  for (Layer* each : std::initializer_list<Layer*>{&layer, &group, &instance}) EXPECT_TRUE(each->state_dict().empty());
  EXPECT_EQ(layer(input()).value().to_vector<float>(), layer_norm(input()).value().to_vector<float>());
  EXPECT_EQ(group(input()).value().to_vector<float>(), group_norm(input(), 2).value().to_vector<float>());
  EXPECT_EQ(instance(input()).value().to_vector<float>(), instance_norm(input()).value().to_vector<float>());
}

TEST(NormalizationLayers, Refuse) {
  EXPECT_THAT([] { GroupNorm(4, 6); },
              ThrowsMessage<OptionError>(HasSubstr("[group_norm] the groups divide the channels, found 4 groups and 6 channels")));
  EXPECT_THAT([] { LayerNorm(0); },
              ThrowsMessage<OptionError>(HasSubstr("[layer_norm] wants at least one axis and one element, found [0]")));
  EXPECT_THAT([] { InstanceNorm2d(0); }, ThrowsMessage<OptionError>(HasSubstr("[instance_norm] at least one channel, found 0")));
  EXPECT_THAT([] { LayerNorm(3, {.epsilon = 0}); },
              ThrowsMessage<OptionError>(HasSubstr("[layer_norm] epsilon is greater than 0, found 0")));
  LayerNorm layer(5, {.affine = false});
  EXPECT_THAT([&] { layer(input()); }, ThrowsMessage<ShapeError>(HasSubstr("[layer_norm] expected an input [..., [5]], found [2,3,4,6]")));
  GroupNorm group(5, 5, {.affine = false});
  EXPECT_THAT([&] { group(input()); }, ThrowsMessage<ShapeError>(HasSubstr("[group_norm] expected 5 channels, found an input [2,3,4,6]")));
  InstanceNorm2d instance(5);
  EXPECT_THAT([&] { instance(input()); },
              ThrowsMessage<ShapeError>(HasSubstr("[instance_norm] expected 5 channels, found an input [2,3,4,6]")));
}

}  // namespace
}  // namespace fovea
