// Networks for pixels against PyTorch and torchvision with the same weights: the files that make_segmentation_network_goldens.py writes and
// describes.
#include <gtest/gtest.h>

#include <fmt/format.h>

#include <cmath>

#include "fovea/autograd/ops/cross_entropy.hpp"
#include "fovea/autograd/ops/reshape.hpp"
#include "support/formula_weights.hpp"
#include "zoo_cases.hpp"

namespace fovea {
namespace {

using test::expect_near;
using test::Numbers;

constexpr const char* kSmallFile = "segmentation_networks.json";
constexpr const char* kFullFile = "segmentation_networks_full.json";

std::vector<Json> cases_of(const char* file) {
  const Json golden = read_json_file(std::string(FOVEA_GOLDEN_FOLDER "/") + file);
  return {golden.at("cases").begin(), golden.at("cases").end()};
}

/// "0fcn8s", "1fcn8s", ...: networks come more than once.
std::string name_of_case(const testing::TestParamInfo<Json>& test) {
  std::string name = std::to_string(test.index) + test.param.at("name").get<std::string>();
  std::erase(name, '-');
  return name;
}

std::vector<std::string> state_of(const Module& network) {
  std::vector<std::string> lines;
  for (const StateEntry& entry : network.state_dict())
    lines.push_back(entry.name + " " + file_shape(entry.tensor.shape(), entry.layout).to_string());
  return lines;
}

std::unique_ptr<Layer> filled_network(const Json& c, DType dtype) {
  auto network = test::network_of(c);
  EXPECT_EQ(state_of(*network), c.at("state").get<std::vector<std::string>>());
  test::fill(*network);
  network->to(dtype);
  return network;
}

Variable image_of(const Json& c, DType dtype) { return Variable(test::value_of("image", test::input_of(c)).to(dtype)); }

void expect_the_peers_logits(const Json& c, DType dtype, double tolerance) {
  const auto network = filled_network(c, dtype);
  network->eval();
  const NoGradGuard no_grad;
  const Numbers all = test::numbers_of(network->forward(image_of(c, dtype)).value());
  Numbers kept;
  for (std::size_t i = 0; i < all.size(); i += c.at("every").get<std::size_t>()) kept.push_back(all[i]);
  expect_near(kept, c.at("logits"), tolerance);
}

/// Of one training step.
void expect_the_peers_loss_and_gradients(const Json& c, DType dtype, double tolerance, double gradient_tolerance) {
  const auto network = filled_network(c, dtype);
  const std::int64_t classes = c.at("classes");
  const Variable rows = reshape(network->forward(image_of(c, dtype)), {-1, classes});
  std::vector<std::int64_t> targets;
  for (std::int64_t i = 0; i < rows.extent(0); ++i) targets.push_back(i % classes);
  const Variable loss = cross_entropy(rows, Tensor::from(targets, {rows.extent(0)}));
  backward(loss);
  EXPECT_NEAR(loss.item(), c.at("loss").get<double>(), tolerance * c.at("loss").get<double>());
  Numbers norms;
  for (const NamedParameter& parameter : network->parameters()) norms.push_back(test::norm_of(parameter.variable.grad()));
  expect_near(norms, c.at("gradients"), gradient_tolerance);
}

class SegmentationNetworksTest : public testing::TestWithParam<Json> {};
class SegmentationNetworksSlowTest : public SegmentationNetworksTest {};  // full width
INSTANTIATE_TEST_SUITE_P(Small, SegmentationNetworksTest, testing::ValuesIn(cases_of(kSmallFile)), name_of_case);
INSTANTIATE_TEST_SUITE_P(Full, SegmentationNetworksSlowTest, testing::ValuesIn(cases_of(kFullFile)), name_of_case);

TEST_P(SegmentationNetworksTest, AreThePeersInF64) {
  expect_the_peers_logits(GetParam(), DType::f64, 1e-11);
  expect_the_peers_loss_and_gradients(GetParam(), DType::f64, 1e-11, 1e-10);
}

TEST_P(SegmentationNetworksTest, AreThePeersInF32) {
  expect_the_peers_logits(GetParam(), DType::f32, 1e-4);
  expect_the_peers_loss_and_gradients(GetParam(), DType::f32, 1e-4, 1e-3);
}

TEST_P(SegmentationNetworksSlowTest, LogitsAreThePeers) { expect_the_peers_logits(GetParam(), DType::f32, 1e-4); }

// A rectifier or a maximum that rounding tips over moves gradients by a jump, and behind dozens of batch norms over a few pixels enough of
// them do: these networks' gradients are compared in f64.
TEST_P(SegmentationNetworksSlowTest, GradientsAreThePeers) {
  const std::string name = GetParam().at("name");
  if (name == "segnet" || name == "deeplabv3")
    expect_the_peers_loss_and_gradients(GetParam(), DType::f64, 1e-8, 1e-8);
  else
    expect_the_peers_loss_and_gradients(GetParam(), DType::f32, 1e-4, 1e-3);
}

}  // namespace
}  // namespace fovea
