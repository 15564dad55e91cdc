// Logits of the networks as the catalogue has them, at their usual size, against the peers': make_zoo_goldens.py describes the cases.
#include <gtest/gtest.h>

#include <cmath>

#include "support/formula_weights.hpp"
#include "zoo_cases.hpp"

namespace fovea {
namespace {

class ZooOutputsTest : public testing::TestWithParam<std::string> {};
class ZooOutputsSlowTest : public ZooOutputsTest {};  // hundreds of megabytes of weights

const std::vector<std::string> kSlow = {"vgg11", "vgg11-bn", "vgg16", "vgg16-bn", "resnet152", "vit-b-16", "alexnet-two-streams", "zfnet"};
constexpr double kTolerance = 1e-4;  // of the range of the logits

INSTANTIATE_TEST_SUITE_P(Networks, ZooOutputsTest, testing::ValuesIn(test::case_names("zoo_outputs.json", kSlow, false)), test::test_name);
INSTANTIATE_TEST_SUITE_P(Networks, ZooOutputsSlowTest, testing::ValuesIn(test::case_names("zoo_outputs.json", kSlow, true)),
                         test::test_name);

void expect_the_peers_logits(const std::string& name) {
  const Json c = test::case_named("zoo_outputs.json", name);
  const auto network = test::network_of(c);
  test::fill(*network);
  network->eval();
  const NoGradGuard no_grad;
  const std::vector<double> logits = test::numbers_of(network->forward(Variable(test::value_of("image", test::input_of(c)))).value());
  const auto expected = c.at("logits").get<std::vector<double>>();
  ASSERT_EQ((logits.size() + 4) / 5, expected.size());
  const auto [lowest, highest] = std::minmax_element(expected.begin(), expected.end());
  const double range = *highest - *lowest;
  ASSERT_GT(range, 0);
  double sum = 0, squares = 0;
  for (const double value : logits) {
    sum += value;
    squares += value * value;
  }
  for (std::size_t i = 0; i < expected.size(); ++i) ASSERT_NEAR(logits[5 * i], expected[i], kTolerance * range) << "logit " << 5 * i;
  EXPECT_NEAR(sum, c.at("sum").get<double>(), kTolerance * range * std::sqrt(static_cast<double>(logits.size())));
  EXPECT_NEAR(std::sqrt(squares), c.at("norm").get<double>(), kTolerance * c.at("norm").get<double>());
}

TEST_P(ZooOutputsTest, AreThePeers) { expect_the_peers_logits(GetParam()); }
TEST_P(ZooOutputsSlowTest, AreThePeers) { expect_the_peers_logits(GetParam()); }

}  // namespace
}  // namespace fovea
