// Names and shapes of all parameters and buffers, against torchvision's: a file written by tests/golden/make_network_goldens.py.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "fovea/pipelines/catalogue.hpp"

namespace fovea {
namespace {

class NetworkStatesTest : public testing::TestWithParam<const char*> {};
class NetworkStatesSlowTest : public NetworkStatesTest {};  // networks that take seconds to build

std::string name_of_case(const testing::TestParamInfo<const char*>& test) {
  std::string name = test.param;
  std::erase(name, '-');
  return name;
}

INSTANTIATE_TEST_SUITE_P(Networks, NetworkStatesTest,
                         testing::Values("lenet5-classic", "resnet18", "resnet18-cifar", "resnet34", "resnet50", "unet"), name_of_case);
INSTANTIATE_TEST_SUITE_P(Networks, NetworkStatesSlowTest, testing::Values("resnet101", "resnet152", "vgg16"), name_of_case);

void expect_the_peers_state(const std::string& name) {
  const Json expected = read_json_file(FOVEA_GOLDEN_FOLDER "/network_states.json").at("networks").at(name);
  const Json architecture = default_architecture(name);
  EXPECT_EQ(architecture["channels"], expected["channels"]);
  EXPECT_EQ(architecture["classes"], expected["classes"]);
  const auto network = build_network(architecture, name);
  EXPECT_EQ(network->parameter_count(), expected["parameters"].get<std::int64_t>());
  if (!expected.contains("state")) return;
  std::vector<std::string> lines;
  for (const StateEntry& entry : network->state_dict())
    lines.push_back(entry.name + " " + file_shape(entry.tensor.shape(), entry.layout).to_string());
  EXPECT_EQ(lines, expected["state"].get<std::vector<std::string>>());
}

TEST_P(NetworkStatesTest, AreThePeers) { expect_the_peers_state(GetParam()); }
TEST_P(NetworkStatesSlowTest, AreThePeers) { expect_the_peers_state(GetParam()); }

// The numbers that papers and model pages give, lest the file be made wrong together with the code.
TEST(NetworkStates, TheFileHoldsTheKnownCounts) {
  const Json networks = read_json_file(FOVEA_GOLDEN_FOLDER "/network_states.json").at("networks");
  const auto count = [&](const char* name) { return networks.at(name).at("parameters").get<std::int64_t>(); };
  EXPECT_EQ(count("resnet18"), 11'689'512);
  EXPECT_EQ(count("resnet34"), 21'797'672);
  EXPECT_EQ(count("resnet50"), 25'557'032);
  EXPECT_EQ(count("vgg16"), 138'357'544);
  EXPECT_EQ(count("lenet5-classic"), 156 + 2'416 + 48'120 + 10'164 + 850);
}

}  // namespace
}  // namespace fovea
