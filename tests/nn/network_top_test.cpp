#include "fovea/nn/network_top.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fovea/autograd/ops/relu.hpp"
#include "fovea/autograd/ops/reshape.hpp"
#include "fovea/base/error.hpp"
#include "fovea/nn/conv2d.hpp"
#include "fovea/nn/dropout.hpp"
#include "fovea/nn/linear.hpp"
#include "fovea/nn/sequential.hpp"
#include "support/values.hpp"

namespace fovea {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

/// A convolution, and two linear layers with dropout that decide; with `more`, something behind those.
class Classifier final : public Layer {
 public:
  explicit Classifier(bool more = false) : more_(more) {
    classifier.emplace<Dropout>(0.5);
    classifier.emplace<Linear>(2 * 4 * 5, 6);
    classifier.emplace<Linear>(6, 3);
    register_module("conv", conv);
    register_module("classifier", classifier);
    initialize(*this, 3);
    eval();
  }
  Variable features(const Variable& x) { return flatten(relu(conv(x))); }
  Variable forward(const Variable& x) override {
    const Variable y = classifier(features(x));
    return more_ ? relu(y) : y;
  }

  Conv2d conv{2, 2, {.kernel = 3, .padding = 1}};
  Sequential classifier;

 private:
  bool more_;
};

Variable images() { return Variable(Tensor::from(test::random_values<float>(2 * 4 * 5 * 2, 1), {2, 4, 5, 2})); }

TEST(NetworkTop, IsTheLastChildWithParameters) {
  Classifier network;
  const NetworkTop top = network_top(network);
  EXPECT_EQ(top.name, "classifier");
  EXPECT_EQ(top.layer, &network.classifier);
  EXPECT_TRUE(top.owns("classifier.2.weight"));
  EXPECT_FALSE(top.owns("classifiers.weight"));
  EXPECT_FALSE(top.owns("conv.weight"));
}

TEST(NetworkTop, GetsWhatTheRestComputes) {
  Classifier network;
  const NetworkTop top = network_top(network);
  EXPECT_EQ(top_input(network, top, images()).to_vector<float>(), network.features(images()).value().to_vector<float>());
  EXPECT_TRUE(network_top_agrees(network, top, images()));
}

TEST(NetworkTop, SeesThatSomethingComesBehindIt) {
  Classifier network(true);
  EXPECT_FALSE(network_top_agrees(network, network_top(network), images()));
}

TEST(NetworkTop, WantsSomethingBelowIt) {
  Linear alone(4, 2);
  EXPECT_THAT([&] { network_top(alone); }, ThrowsMessage<OptionError>(HasSubstr("below")));
  Sequential wrapped;
  wrapped.emplace<Linear>(4, 2);
  EXPECT_THAT([&] { network_top(wrapped); }, ThrowsMessage<OptionError>(HasSubstr("below")));
}

}  // namespace
}  // namespace fovea
