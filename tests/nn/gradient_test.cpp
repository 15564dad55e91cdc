// Gradients through a small network of layers, in f64, with respect to its input and all its parameters.
#include <gtest/gtest.h>

#include <vector>

#include "fovea/autograd/ops/reshape.hpp"
#include "fovea/nn/activation.hpp"
#include "fovea/nn/batch_norm.hpp"
#include "fovea/nn/conv2d.hpp"
#include "fovea/nn/linear.hpp"
#include "fovea/nn/pool2d.hpp"
#include "support/gradient_check.hpp"

namespace fovea {
namespace {

class Net final : public Layer {
 public:
  Net() {
    register_module("conv", conv);
    register_module("bn", bn);
    register_module("grouped", grouped);
    register_module("fc", fc);
    initialize(*this, 1);
    to(DType::f64);
  }
  Variable forward(const Variable& x) override { return fc(flatten(pool(grouped(relu(bn(conv(x))))))); }

  /// The members of the network, as the list of variables that the check hands in.
  std::vector<Variable*> members() { return {&conv.weight, &bn.weight, &bn.bias, &grouped.weight, &grouped.bias, &fc.weight, &fc.bias}; }

  Conv2d conv{2, 4, {.kernel = 3, .padding = 1, .bias = false}};
  BatchNorm2d bn{4};
  Relu relu;
  Conv2d grouped{4, 6, {.kernel = {3, 2}, .stride = {1, 2}, .padding = {1, 0, 0, 1}, .groups = 2}};
  AvgPool2d pool{{.window = 2, .stride = 1}};
  Linear fc{3 * 2 * 6, 3};
};

class NetGradientTest : public testing::TestWithParam<bool> {};

INSTANTIATE_TEST_SUITE_P(Modes, NetGradientTest, testing::Bool(), [](const auto& test) { return test.param ? "training" : "evaluation"; });

TEST_P(NetGradientTest, AgreesWithCentralDifferences) {
  Net net;
  net.train(GetParam());
  const std::vector<Variable*> members = net.members();
  ASSERT_EQ(members.size(), net.parameters().size());
  std::vector<Tensor> inputs{Tensor::from(test::distinct_values(2 * 5 * 6 * 2, 1), {2, 5, 6, 2})};
  for (const Variable* member : members) inputs.push_back(member->value());
  const auto run = [&](const std::vector<Variable>& values) {
    for (std::size_t i = 0; i < members.size(); ++i) *members[i] = values[i + 1];
    return net(values[0]);
  };
  EXPECT_TRUE(test::gradients_match(run, inputs));
}

}  // namespace
}  // namespace fovea
