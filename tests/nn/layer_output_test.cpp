#include "fovea/nn/layer_output.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fovea/autograd/ops/relu.hpp"
#include "fovea/autograd/ops/reshape.hpp"
#include "fovea/base/error.hpp"
#include "fovea/nn/batch_norm.hpp"
#include "fovea/nn/conv2d.hpp"
#include "fovea/nn/linear.hpp"
#include "support/values.hpp"

namespace fovea {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::ThrowsMessage;

/// conv -> norm and relu -> conv again -> linear
class Small final : public Layer {
 public:
  Small() {
    register_module("conv", conv);
    register_module("norm", norm);
    register_module("fc", fc);
    initialize(*this, 3);
    eval();
  }
  Variable forward(const Variable& x) override { return fc(features(x)); }
  Variable features(const Variable& x) { return relu(flatten(conv(norm.forward_relu(conv(x))))); }

  Conv2d conv{2, 2, {.kernel = 3, .padding = 1}};
  BatchNorm2d norm{2};
  Linear fc{2 * 4 * 5, 3};
};

Variable images() { return Variable(Tensor::from(test::random_values<float>(2 * 4 * 5 * 2, 1), {2, 4, 5, 2})); }

TEST(LayerOutput, IsWhatTheLayerGives) {
  Small network;
  const Variable x = images();
  EXPECT_EQ(layer_output(network, x, "norm").to_vector<float>(), network.norm.forward_relu(network.conv(x)).value().to_vector<float>());
  EXPECT_EQ(layer_output(network, x, "conv").to_vector<float>(),  // it runs twice: the last time counts
            network.conv(network.norm.forward_relu(network.conv(x))).value().to_vector<float>());
  EXPECT_EQ(layer_output(network, x, "fc").to_vector<float>(), network(x).value().to_vector<float>());
}

TEST(LayerOutput, WithoutANameIsWhatTheClassifierGets) {
  Small network;
  EXPECT_EQ(layer_output(network, images()).to_vector<float>(), network.features(images()).value().to_vector<float>());
}

TEST(LayerOutput, NamesComeInTheirOrder) {
  Small network;
  EXPECT_THAT(layer_names(network, images()), ElementsAre("conv", "norm", "conv", "fc"));
  EXPECT_THAT([&] { layer_output(network, images(), "norms"); }, ThrowsMessage<OptionError>(HasSubstr("norm")));
}

}  // namespace
}  // namespace fovea
