// Names and shapes of all parameters and buffers, against torchvision's and those of networks written after the papers.
#include <gtest/gtest.h>

#include <fmt/format.h>

#include "zoo_cases.hpp"

namespace fovea {
namespace {

class ZooStatesTest : public testing::TestWithParam<std::string> {};
class ZooStatesSlowTest : public ZooStatesTest {};  // networks that take seconds to build

const std::vector<std::string> kSlow = {"vgg13",
                                        "vgg13-bn",
                                        "vgg16",
                                        "vgg16-bn",
                                        "vgg19",
                                        "vgg19-bn",
                                        "wide-resnet101-2",
                                        "resnext101-32x8d",
                                        "resnext101-64x4d",
                                        "vgg11-bn",
                                        "alexnet-two-streams-apart",
                                        "alexnet-cs231n",
                                        "zfnet",
                                        "vit-b-16"};

INSTANTIATE_TEST_SUITE_P(Networks, ZooStatesTest, testing::ValuesIn(test::case_names("zoo_states.json", kSlow, false)), test::test_name);
INSTANTIATE_TEST_SUITE_P(Networks, ZooStatesSlowTest, testing::ValuesIn(test::case_names("zoo_states.json", kSlow, true)), test::test_name);

std::vector<std::string> lines_of(const Module& network) {
  std::vector<std::string> lines;
  for (const StateEntry& entry : network.state_dict())
    lines.push_back(entry.name + " " + file_shape(entry.tensor.shape(), entry.layout).to_string());
  return lines;
}

/// The generator's hash_of() over the lines.
std::string hash_of(const std::vector<std::string>& lines) {
  std::uint64_t hash = 0xCBF29CE484222325;
  for (const std::string& line : lines)
    for (const char c : line + "\n") hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001B3;
  return fmt::format("{:016x}", hash);
}

void expect_the_peers_state(const std::string& name) {
  const Json expected = read_json_file(FOVEA_GOLDEN_FOLDER "/zoo_states.json").at("networks").at(name);
  const Json architecture = default_architecture(name);
  EXPECT_EQ(architecture["channels"], expected["channels"]);
  EXPECT_EQ(architecture["classes"], expected["classes"]);
  const auto network = build_network(architecture, name);
  EXPECT_EQ(network->parameter_count(), expected["parameters"].get<std::int64_t>());
  const std::vector<std::string> lines = lines_of(*network);
  if (expected.contains("state")) {
    EXPECT_EQ(lines, expected["state"].get<std::vector<std::string>>());
  }
  EXPECT_EQ(lines.size(), expected["tensors"].get<std::size_t>());
  EXPECT_EQ(hash_of(lines), expected["hash"].get<std::string>());
}

TEST_P(ZooStatesTest, AreThePeers) { expect_the_peers_state(GetParam()); }
TEST_P(ZooStatesSlowTest, AreThePeers) { expect_the_peers_state(GetParam()); }

// The numbers that papers and model pages give, lest the file be made wrong together with the code.
TEST(ZooStates, TheFileHoldsTheKnownCounts) {
  const Json networks = read_json_file(FOVEA_GOLDEN_FOLDER "/zoo_states.json").at("networks");
  const auto count = [&](const char* name) { return networks.at(name).at("parameters").get<std::int64_t>(); };
  EXPECT_EQ(count("alexnet"), 61'100'840);
  EXPECT_EQ(count("alexnet-two-streams"), 60'965'224);        // Gould's notes, section 4.1.4
  EXPECT_EQ(count("alexnet-two-streams-apart"), 60'522'856);  // the same
  EXPECT_EQ(count("alexnet-cs231n"), 62'378'344);             // CS231n, lecture 9, with biases
  EXPECT_EQ(count("vit-b-16"), 86'567'656);
  EXPECT_EQ(count("vgg11"), 132'863'336);
  EXPECT_EQ(count("vgg16"), 138'357'544);
  EXPECT_EQ(count("vgg19-bn"), 143'678'248);
  EXPECT_EQ(count("squeezenet1-0"), 1'248'424);
  EXPECT_EQ(count("squeezenet1-1"), 1'235'496);
  EXPECT_EQ(count("densenet121"), 7'978'856);
  EXPECT_EQ(count("googlenet"), 6'624'904);
  EXPECT_EQ(count("resnext50-32x4d"), 25'028'904);
  EXPECT_EQ(count("wide-resnet50-2"), 68'883'240);
  EXPECT_EQ(count("mobilenet-v1"), 4'231'976);
  EXPECT_EQ(count("wide-resnet28-10-cifar"), 36'479'194);  // 36.5M in the paper's table 4
  EXPECT_EQ(count("linear"), 7'850);
  EXPECT_EQ(count("mobilenet-v2"), 3'504'872);
  EXPECT_EQ(count("mobilenet-v3-large"), 5'483'032);
  EXPECT_EQ(count("mobilenet-v3-small"), 2'542'856);
  EXPECT_EQ(count("shufflenet-v2-x1-0"), 2'278'604);
  EXPECT_EQ(count("efficientnet-b0"), 5'288'548);
  EXPECT_EQ(count("darknet53"), 41'609'928);
}

}  // namespace
}  // namespace fovea
