#include "fovea/interchange/darknet_config.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "darknet_text.hpp"
#include "fovea/base/error.hpp"
#include "fovea/base/file.hpp"
#include "support/shared_data.hpp"
#include "support/temporary_folder.hpp"

namespace fovea {
namespace {

using test::kSmallDarknet;
using testing::ElementsAre;
using testing::HasSubstr;

DarknetConfig parse(const std::string& text) { return parse_darknet_config(text, "file"); }

std::string refused_text(const std::string& text) {
  try {
    parse(text);
  } catch (const FileError& error) {
    EXPECT_EQ(error.path(), "file");
    return error.reason();
  }
  return "no error";
}

TEST(DarknetConfig, HoldsWhatTheTextSays) {
  const DarknetConfig config = parse(kSmallDarknet);
  EXPECT_EQ(config.net, (DarknetNet{.height = 16, .width = 16, .channels = 3}));
  EXPECT_THAT(config.training, ElementsAre(DarknetEntry{"learning_rate", "0.001"}, DarknetEntry{"steps", "400000,450000"}));
  ASSERT_EQ(config.layers.size(), 9u);
  EXPECT_EQ(config.layers[0].line, 9);
  EXPECT_EQ(std::get<DarknetConvolutional>(config.layers[0].operation),
            (DarknetConvolutional{
                .batch_normalize = true, .filters = 8, .size = 3, .stride = 2, .pad = true, .activation = DarknetActivation::leaky}));
  EXPECT_EQ(std::get<DarknetConvolutional>(config.layers[1].operation).groups, 8);
  EXPECT_THAT(std::get<DarknetShortcut>(config.layers[2].operation).from, ElementsAre(-2));
  EXPECT_EQ(std::get<DarknetMaxpool>(config.layers[3].operation), (DarknetMaxpool{.size = 5, .stride = 1, .padding = 4}));
  EXPECT_EQ(std::get<DarknetRoute>(config.layers[4].operation), (DarknetRoute{.layers = {-1, 2}, .groups = 2, .group_id = 1}));
  EXPECT_EQ(std::get<DarknetDropout>(config.layers[5].operation).probability, 0.15);
  const auto& yolo = std::get<DarknetYolo>(config.layers[8].operation);
  EXPECT_THAT(yolo.anchors, ElementsAre(4, 6, 8, 10.5, 12, 14));
  EXPECT_EQ(yolo.scale_x_y, 1.05);
  EXPECT_THAT(config.layers[8].training, ElementsAre(DarknetEntry{"jitter", ".3"}));
}

TEST(DarknetConfig, ShapesAreThoseOfEveryLayer) {
  const DarknetConfig config = parse(kSmallDarknet);
  const DarknetShape half{8, 8, 8};
  EXPECT_THAT(darknet_shapes(config, "file"),
              ElementsAre(half, half, half, half, half, half, DarknetShape{16, 16, 8}, DarknetShape{16, 16, 14}, DarknetShape{16, 16, 14}));
  EXPECT_EQ(darknet_input(config, darknet_shapes(config, "file"), 0), (DarknetShape{16, 16, 3}));
}

TEST(DarknetConfig, ReadsWhatItWrote) {
  const DarknetConfig config = parse(kSmallDarknet);
  EXPECT_EQ(parse(to_text(config)), config);
  const test::TemporaryFolder folder;
  write_darknet_config(folder / "net.cfg", config);
  EXPECT_EQ(read_darknet_config(folder / "net.cfg"), config);
}

TEST(DarknetConfig, ReadsWhatItWroteOfEveryOtherKey) {
  const std::string text =
      "[network]\nwidth=28\nheight=14\n"
      "[conv]\nfilters=4\nsize=3\nstride=2\nstride_x=1\npadding=1\ndilation=2\nactivation=relu\nxnor=0\n"
      "[max]\nsize=2\nstride=2\nstride_y=1\npadding=1\n[upsample]\nstride=2\nscale=.5\n[reorg]\nstride=2\n"
      "[conv]\nfilters=60\nactivation=swish\n[region]\nclasses=15\nnum=3\nanchors=1,2,3,4,5,6\nsoftmax=1\nbias_match=1\n"
      "[avg]\n[conn]\noutput=9\nbatch_normalize=1\nactivation=linear\n[soft]\ngroups=3\ntemperature=2\n"
      "[connected]\noutput=44\n[detection]\nside=2\nnum=2\nclasses=1\nsoftmax=1\nsqrt=1\nrescore=1\n";
  const DarknetConfig config = parse(text);
  EXPECT_EQ(parse(to_text(config)), config);
  EXPECT_EQ(to_text(parse(to_text(config))), to_text(config));
  EXPECT_EQ(std::get<DarknetConvolutional>(config.layers[0].operation).step_x(), 1);
  EXPECT_EQ(std::get<DarknetConvolutional>(config.layers[0].operation).step_y(), 2);
  EXPECT_EQ(std::get<DarknetConvolutional>(config.layers[0].operation).border(), 2);
  EXPECT_EQ(darknet_shapes(config, "file")[3], (DarknetShape{7, 14, 16}));
}

TEST(DarknetConfig, ReadsAndWritesYoloFastest) {
  FOVEA_NEEDS_SHARED("data/weights_yolo_fastest/yolo-fastest.cfg");
  const DarknetConfig config = read_darknet_config(test::shared_path("data/weights_yolo_fastest/yolo-fastest.cfg"));
  EXPECT_EQ(config.layers.size(), 126u);
  EXPECT_EQ(parse(to_text(config)), config);
}

struct Wrong {
  const char* name;
  std::string text;
  const char* expected;
};

class WrongDarknetConfig : public testing::TestWithParam<Wrong> {};

TEST_P(WrongDarknetConfig, IsRefusedWithLineAndKey) { EXPECT_THAT(refused_text(GetParam().text), HasSubstr(GetParam().expected)); }

const std::string kNet = "[net]\nwidth=8\nheight=8\n";

const Wrong kWrongTexts[] = {
    {"nothing", "", "holds no section"},
    {"no_layer", kNet, "holds no layer behind [net]"},
    {"no_net", "[convolutional]\nfilters=3\n", "line 1: expected [net] to be the first section, found [convolutional]"},
    {"no_section", "width=3\n", "line 1: expected a [section] before \"width=3\""},
    {"no_width", "[net]\nheight=3\n[avgpool]\n", "line 1: [net] width is missing"},
    {"open_bracket", "[net\n", "line 1: expected [section], found \"[net\""},
    {"no_equals", kNet + "[avgpool]\nhello\n", "line 5: [avgpool] expected key=value, found \"hello\""},
    {"no_key", kNet + "[avgpool]\n=3\n", "line 5: [avgpool] expected key=value, found no key"},
    {"no_value", kNet + "[avgpool]\nx=\n", "line 5: [avgpool] x has no value"},
    {"zero_byte", kNet + std::string("a\0b", 3), "line 4: holds a zero byte"},
    {"two_values", kNet + "[upsample]\nstride=2\nstride=3\n", "line 6: [upsample] stride is 3 here and 2 in line 5"},
    {"unknown_section", kNet + "[convolution]\n", "line 4: unknown section \"convolution\"; did you mean \"convolutional\"?"},
    {"unknown_key", kNet + "[convolutional]\nfilter=3\n", "line 5: [convolutional] unknown key \"filter\"; did you mean \"filters\"?"},
    {"far_key", kNet + "[avgpool]\nqqqqqqqqqqqqqqq=3\n", "line 5: [avgpool] unknown key \"qqqqqqqqqqqqqqq\""},
    {"refused_key", kNet + "[convolutional]\nxnor=1\n", "xnor is 1, which fovea does not compute; expected 0"},
    {"unknown_activation", kNet + "[convolutional]\nactivation=leeky\n", "unknown activation \"leeky\"; did you mean \"leaky\"?"},
    {"not_a_number", kNet + "[convolutional]\nfilters=3x\n",
     "line 5: [convolutional] filters is \"3x\", expected an integer from 1 to 65536"},
    {"fraction", kNet + "[convolutional]\nfilters=3.5\n", "filters is \"3.5\", expected an integer"},
    {"too_small", kNet + "[convolutional]\nstride=0\n", "stride is \"0\", expected an integer from 1 to 256"},
    {"too_large", "[net]\nwidth=1000000\n", "line 2: [net] width is \"1000000\", expected an integer from 1 to 16384"},
    {"beyond_64_bit", kNet + "[convolutional]\nfilters=99999999999999999999\n", "filters is \"99999999999999999999\""},
    {"not_finite", kNet + "[dropout]\nprobability=nan\n", "probability is \"nan\", expected a number from 0 to 0.999"},
    {"hole_in_list", kNet + "[avgpool]\n[route]\nlayers=-1,,0\n", "layers is \"\", expected an integer"},
    {"window", kNet + "[convolutional]\nsize=9\n", "line 4: [convolutional] layer 0 wants a window of 9 cells in a side of 8"},
    {"groups", kNet + "[convolutional]\ngroups=2\n", "3 input channels and filters=1, which groups=2 does not divide"},
    {"route_nowhere", kNet + "[route]\n", "[route] layer 0 has no key layers"},
    {"route_forward", kNet + "[avgpool]\n[route]\nlayers=1\n", "has layers=1, expected a layer in front of it: 0 to 0, or -1 to -1"},
    {"route_before", kNet + "[avgpool]\n[route]\nlayers=-2\n", "has layers=-2"},
    {"route_sizes", kNet + "[dropout]\n[avgpool]\n[route]\nlayers=-1,-2\n", "puts 8x8 cells of layer -2 beside 1x1"},
    {"route_group", kNet + "[dropout]\n[route]\nlayers=-1\ngroups=3\ngroup_id=3\n", "group_id=3, expected less than groups=3"},
    {"route_parts", kNet + "[dropout]\n[route]\nlayers=-1\ngroups=2\n", "groups=2, which does not divide the 3 channels"},
    {"shortcut_shapes", kNet + "[dropout]\n[avgpool]\n[shortcut]\nfrom=-2\n", "adds 8x8x3 values of layer -2 to 1x1x3"},
    {"shortcut_first", kNet + "[shortcut]\nfrom=-1\n", "has no layer in front of it"},
    {"shortcut_nothing", kNet + "[dropout]\n[shortcut]\n", "has no key from"},
    {"pool_padding", kNet + "[maxpool]\nsize=2\nstride=1\npadding=4\n", "has padding=4, expected at most 2 for size=2"},
    {"reorg", kNet + "[reorg]\nstride=3\n", "stride=3, which does not divide 8x8 cells"},
    {"softmax", kNet + "[softmax]\ngroups=5\n", "groups=5, which does not divide its 192 inputs"},
    {"yolo_anchors", kNet + "[yolo]\nnum=2\nanchors=1,2\n", "has 2 numbers in anchors, expected 4"},
    {"yolo_mask", kNet + "[yolo]\nnum=1\nanchors=1,2\nmask=1\n", "has 1 in mask, expected less than num=1"},
    {"yolo_channels", kNet + "[yolo]\nnum=1\nanchors=1,2\n", "has 3 input channels, expected 25 (1 boxes of 25)"},
    {"region_coords", kNet + "[region]\ncoords=2\n", "has coords=2, expected 4"},
    {"detection_inputs", kNet + "[detection]\n", "has 192 inputs, expected 294 (side=7, num=1, classes=1)"},
    {"huge_output", kNet + "[upsample]\nstride=256\n[upsample]\nstride=256\n", "layer 1 gives 524288x524288x3 values, expected at most"},
};

INSTANTIATE_TEST_SUITE_P(All, WrongDarknetConfig, testing::ValuesIn(kWrongTexts), [](const auto& test) { return test.param.name; });

TEST(DarknetConfig, DamagedTextsAreErrorsOrOtherNetworks) {
  for (std::size_t length = 0; length < kSmallDarknet.size(); ++length) refused_text(kSmallDarknet.substr(0, length));
  for (std::size_t i = 0; i < kSmallDarknet.size(); ++i)
    for (const int bit : {0, 3, 7}) {
      std::string text = kSmallDarknet;
      text[i] = static_cast<char>(text[i] ^ (1 << bit));
      refused_text(text);  // nothing but FileError comes out
    }
}

}  // namespace
}  // namespace fovea
