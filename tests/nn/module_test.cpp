// Trees of modules: names, order, shared memory, modes, initialisation by name.
#include "fovea/nn/module.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "fovea/base/error.hpp"
#include "fovea/nn/activation.hpp"
#include "fovea/nn/batch_norm.hpp"
#include "fovea/nn/conv2d.hpp"
#include "fovea/nn/linear.hpp"
#include "fovea/nn/sequential.hpp"

namespace fovea {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::ThrowsMessage;

/// A network with everything that can be registered: children before and after its own parameter and buffer.
class Net final : public Layer {
 public:
  Net() : conv1(3, 4, {.kernel = 3, .padding = 1}), bn1(4), fc(4, 2) {
    register_module("conv1", conv1);
    register_module("bn1", bn1);
    layer1.emplace<Conv2d>(4, 4, Conv2dOptions{.kernel = 1, .bias = false});
    layer1.emplace<Relu>();
    layer1.emplace_named<BatchNorm2d>("norm", 4);
    register_module("layer1", layer1);
    register_parameter("scale", Tensor::full({4}, 2), scale);
    register_buffer("offset", Tensor::full({4}, 3), offset);
    register_module("fc", fc);
  }
  Variable forward(const Variable& x) override { return layer1(bn1(conv1(x))); }

  Conv2d conv1;
  BatchNorm2d bn1;
  Sequential layer1;
  Variable scale;
  Tensor offset;
  Linear fc;
};

template <class Entries>
std::vector<std::string> names_of(const Entries& entries) {
  std::vector<std::string> names;
  for (const auto& entry : entries) names.push_back(entry.name);
  return names;
}

std::vector<std::vector<float>> weights_of(const Module& module) {
  std::vector<std::vector<float>> weights;
  for (const NamedParameter& parameter : module.parameters()) weights.push_back(parameter.variable.value().to_vector<float>());
  return weights;
}

// torch.nn.Module.state_dict(): own parameters, own buffers, then the children in the order of their registration.
TEST(Module, StateNamesAndOrderAreThoseOfTorch) {
  const Net net;
  EXPECT_THAT(
      names_of(net.state_dict()),
      ElementsAre("scale", "offset", "conv1.weight", "conv1.bias", "bn1.weight", "bn1.bias", "bn1.running_mean", "bn1.running_var",
                  "bn1.num_batches_tracked", "layer1.0.weight", "layer1.norm.weight", "layer1.norm.bias", "layer1.norm.running_mean",
                  "layer1.norm.running_var", "layer1.norm.num_batches_tracked", "fc.weight", "fc.bias"));
  EXPECT_THAT(names_of(net.parameters()), ElementsAre("scale", "conv1.weight", "conv1.bias", "bn1.weight", "bn1.bias", "layer1.0.weight",
                                                      "layer1.norm.weight", "layer1.norm.bias", "fc.weight", "fc.bias"));
}

TEST(Module, StateCarriesShapesTypesAndLayouts) {
  const Net net;
  const StateDict state = net.state_dict();
  EXPECT_EQ(state[2].tensor.shape(), (Shape{4, 3, 3, 3}));
  EXPECT_EQ(state[2].layout.kind, FileLayout::Kind::conv_filter);
  EXPECT_EQ(state[3].layout.kind, FileLayout::Kind::plain);
  EXPECT_EQ(state[8].tensor.shape(), Shape{});
  EXPECT_EQ(state[8].tensor.dtype(), DType::i64);
  EXPECT_EQ(state[15].layout.kind, FileLayout::Kind::plain);
}

TEST(Module, CountsParametersWithoutBuffers) { EXPECT_EQ(Net().parameter_count(), 4 + (4 * 27 + 4) + 8 + 16 + 8 + (8 + 2)); }

TEST(Module, ParametersAndStateShareTheModulesMemory) {
  Net net;
  Tensor(net.parameters()[0].variable.value()).fill_(5);
  EXPECT_EQ(net.scale.value().to_vector<float>(), (std::vector<float>{5, 5, 5, 5}));
  net.state_dict()[1].tensor.fill_(7);
  EXPECT_EQ(net.offset.to_vector<float>(), (std::vector<float>{7, 7, 7, 7}));
  net.parameters()[0].variable.mutable_grad() = Tensor::full({4}, 1);
  EXPECT_TRUE(net.scale.grad().defined());
  net.clear_grad();
  EXPECT_FALSE(net.scale.grad().defined());
}

TEST(Module, ParametersRequireGradientsAndBuffersAreNotAmongThem) {
  for (const NamedParameter& parameter : Net().parameters()) EXPECT_TRUE(parameter.variable.requires_grad()) << parameter.name;
}

TEST(Module, ParametersAreNeverBf16) {
  Net net;
  EXPECT_THAT([&] { net.to(DType::bf16); },
              testing::ThrowsMessage<OptionError>(testing::HasSubstr("parameters are f32 or f64, found bf16")));
  EXPECT_EQ(net.scale.dtype(), DType::f32);
}

TEST(Module, ToConvertsFloatingStateAndDropsGradients) {
  Net net;
  net.scale.mutable_grad() = Tensor::full({4}, 1);
  const std::vector<float> before = net.conv1.weight.value().to_vector<float>();
  net.to(DType::f64);
  for (const StateEntry& entry : net.state_dict())
    EXPECT_EQ(entry.tensor.dtype(), entry.name.ends_with("num_batches_tracked") ? DType::i64 : DType::f64) << entry.name;
  EXPECT_EQ(net.conv1.weight.value().to_vector<double>(), std::vector<double>(before.begin(), before.end()));
  EXPECT_TRUE(net.conv1.weight.requires_grad());
  EXPECT_FALSE(net.scale.grad().defined());
  const Variable y = net(Variable(Tensor::zeros({1, 3, 3, 3}, DType::f64)));
  EXPECT_EQ(y.dtype(), DType::f64);
}

TEST(Module, ModeReachesEveryModule) {
  Net net;
  const auto modes = [&net] {
    std::vector<bool> result;
    net.visit([&result](const std::string&, Module& module) { result.push_back(module.is_training()); });
    return result;
  };
  EXPECT_EQ(modes(), std::vector<bool>(8, true));
  net.eval();
  EXPECT_EQ(modes(), std::vector<bool>(8, false));
  net.layer1.train();
  EXPECT_EQ(modes(), (std::vector<bool>{false, false, false, true, true, true, true, false}));
}

TEST(Module, VisitsParentsBeforeChildren) {
  Net net;
  std::vector<std::string> names;
  net.visit([&names](const std::string& name, Module&) { names.push_back(name); });
  EXPECT_THAT(names, ElementsAre("", "conv1", "bn1", "layer1", "layer1.0", "layer1.1", "layer1.norm", "fc"));
}

TEST(Sequential, NamesChildrenByPositionOrAsGiven) {
  Sequential net;
  net.emplace<Linear>(3, 2);
  net.emplace_named<Linear>("middle", 2, 2, LinearOptions{.bias = false});
  net.emplace<Linear>(2, 1);
  EXPECT_THAT(names_of(net.parameters()), ElementsAre("0.weight", "0.bias", "middle.weight", "2.weight", "2.bias"));
  EXPECT_EQ(net.size(), 3U);
  EXPECT_EQ(net(Variable(Tensor::zeros({5, 3}))).shape(), (Shape{5, 1}));
}

TEST(Sequential, AppliesInOrderAndIsTheIdentityWhenEmpty) {
  Sequential net;
  const Variable x(Tensor::from<float>({-1, 2}, {1, 2}));
  EXPECT_EQ(net(x).value().to_vector<float>(), (std::vector<float>{-1, 2}));
  auto& scale = net.emplace<Linear>(2, 2, LinearOptions{.bias = false});
  net.emplace<Relu>();
  Tensor(scale.weight.value()).copy_(Tensor::from<float>({3, 0, 0, -1}, {2, 2}));
  EXPECT_EQ(net(x).value().to_vector<float>(), (std::vector<float>{0, 0}));
  Tensor(scale.weight.value()).copy_(Tensor::from<float>({-3, 0, 0, 1}, {2, 2}));
  EXPECT_EQ(net(x).value().to_vector<float>(), (std::vector<float>{3, 2}));
}

TEST(Sequential, RefusesTwoChildrenOfOneName) {
  Sequential net;
  net.emplace_named<Relu>("act");
  EXPECT_THAT([&] { net.emplace_named<Relu>("act"); }, ThrowsMessage<OptionError>(HasSubstr("\"act\"")));
  EXPECT_EQ(net.size(), 1U);
  net.emplace_named<Relu>("2");
  EXPECT_THROW(net.emplace<Relu>(), OptionError);  // the third child's own name would be "2"
}

TEST(ModuleList, NamesChildrenByPosition) {
  ModuleList<Linear> heads;
  heads.emplace(2, 3);
  heads.emplace(2, 4);
  EXPECT_THAT(names_of(heads.parameters()), ElementsAre("0.weight", "0.bias", "1.weight", "1.bias"));
  EXPECT_EQ(heads.size(), 2U);
  EXPECT_EQ(heads[1].weight.shape(), (Shape{4, 2}));
  heads.eval();
  for (const auto& head : heads) EXPECT_FALSE(head->is_training());
}

TEST(Initialize, EqualSeedsGiveEqualWeightsWhateverElseWasBuilt) {
  Net first;
  const Linear between(7, 7);
  Net second;
  EXPECT_NE(weights_of(first), weights_of(second)) << "constructors draw from another stream each time";
  initialize(first, 1);
  initialize(second, 1);
  EXPECT_EQ(weights_of(first), weights_of(second));
  initialize(second, 2);
  EXPECT_NE(first.conv1.weight.value().to_vector<float>(), second.conv1.weight.value().to_vector<float>());
  EXPECT_NE(first.fc.weight.value().to_vector<float>(), second.fc.weight.value().to_vector<float>());
}

TEST(Initialize, WeightsDependOnTheNameAndNotOnOtherLayers) {
  Sequential small, large;
  small.emplace_named<Linear>("fc", 5, 5);
  large.emplace_named<Linear>("stem", 5, 5);
  large.emplace_named<Linear>("fc", 5, 5);
  initialize(small, 3);
  initialize(large, 3);
  EXPECT_EQ(weights_of(small[0]), weights_of(large[1]));
  EXPECT_NE(weights_of(large[0]), weights_of(large[1]));
}

TEST(Initialize, ResetsNormsAndBiases) {
  Net net;
  for (const StateEntry& entry : net.state_dict()) Tensor(entry.tensor).fill_(9);
  initialize(net, 1);
  EXPECT_EQ(net.fc.bias.value().to_vector<float>(), (std::vector<float>{0, 0}));
  EXPECT_EQ(net.bn1.weight.value().to_vector<float>(), (std::vector<float>{1, 1, 1, 1}));
  EXPECT_EQ(net.bn1.bias.value().to_vector<float>(), (std::vector<float>{0, 0, 0, 0}));
  EXPECT_EQ(net.bn1.running_mean.to_vector<float>(), (std::vector<float>{0, 0, 0, 0}));
  EXPECT_EQ(net.bn1.running_var.to_vector<float>(), (std::vector<float>{1, 1, 1, 1}));
  EXPECT_EQ(net.bn1.num_batches_tracked.item(), 0);
}

}  // namespace
}  // namespace fovea
