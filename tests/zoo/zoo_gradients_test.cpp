// Loss and gradients of one training step in f64 without dropout, against the peers': make_zoo_goldens.py describes the cases.
#include <gtest/gtest.h>

#include <cmath>

#include "fovea/autograd/ops/cross_entropy.hpp"
#include "support/formula_weights.hpp"
#include "zoo_cases.hpp"

namespace fovea {
namespace {

class ZooGradientsTest : public testing::TestWithParam<std::string> {};
class ZooGradientsSlowTest : public ZooGradientsTest {};  // seconds on the f64 reference kernels

const std::vector<std::string> kSlow = {"resnet50", "resnext50-32x4d", "wide-resnet50-2", "se-resnet50",
                                        "vgg11",    "vgg16-bn",        "darknet19",       "darknet53"};
constexpr double kTolerance = 1e-8;  // of a gradient's norm

INSTANTIATE_TEST_SUITE_P(Networks, ZooGradientsTest, testing::ValuesIn(test::case_names("zoo_gradients.json", kSlow, false)),
                         test::test_name);
INSTANTIATE_TEST_SUITE_P(Networks, ZooGradientsSlowTest, testing::ValuesIn(test::case_names("zoo_gradients.json", kSlow, true)),
                         test::test_name);

void expect_the_peers_gradients(const std::string& name) {
  const Json c = test::case_named("zoo_gradients.json", name);
  const auto network = test::network_of(c);
  test::fill(*network);
  network->to(DType::f64);
  const Shape input = test::input_of(c);
  std::vector<std::int64_t> targets;
  for (std::int64_t i = 0; i < input[0]; ++i) targets.push_back(i % c.at("classes").get<std::int64_t>());
  const Variable loss =
      cross_entropy(network->forward(Variable(test::value_of("image", input).to(DType::f64))), Tensor::from(targets, {input[0]}));
  backward(loss);
  EXPECT_NEAR(loss.item(), c.at("loss").get<double>(), kTolerance * c.at("loss").get<double>());

  const auto parameters = network->parameters();
  const auto norms = c.at("norms").get<std::vector<double>>(), values = c.at("values").get<std::vector<double>>();
  ASSERT_EQ(parameters.size(), norms.size());
  double largest = 0;
  for (const double norm : norms) largest = std::max(largest, norm);
  ASSERT_GT(largest, 0);
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    // A bias before a norm has the gradient 0 but for rounding, which differs.
    const double tolerance = kTolerance * std::max(norms[i], 1e-4 * largest);
    const Tensor gradient = to_file(parameters[i].variable.grad(), parameters[i].layout);
    EXPECT_NEAR(test::norm_of(gradient), norms[i], tolerance) << parameters[i].name;
    EXPECT_NEAR(gradient.span<double>()[static_cast<std::size_t>(gradient.numel() / 2)], values[i], tolerance) << parameters[i].name;
  }
}

TEST_P(ZooGradientsTest, AreThePeers) { expect_the_peers_gradients(GetParam()); }
TEST_P(ZooGradientsSlowTest, AreThePeers) { expect_the_peers_gradients(GetParam()); }

}  // namespace
}  // namespace fovea
