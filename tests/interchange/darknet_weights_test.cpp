#include "fovea/interchange/darknet_weights.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "darknet_text.hpp"
#include "fovea/base/error.hpp"
#include "fovea/base/file.hpp"
#include "support/shared_data.hpp"
#include "support/temporary_folder.hpp"

namespace fovea {
namespace {

using test::darknet_bytes;
using test::kSmallDarknet;
using test::kSmallDarknetWeights;
using test::parse_weights;
using test::written_weights;
using testing::ElementsAre;
using testing::HasSubstr;

const DarknetConfig kConfig = parse_darknet_config(kSmallDarknet, "net.cfg");
const std::vector<std::int32_t> kVersion = {0, 2, 5};

std::string refused_weights(const std::string& bytes, const DarknetConfig& config = kConfig) {
  try {
    parse_weights(bytes, config);
  } catch (const FileError& error) {
    EXPECT_EQ(error.path(), "file");
    return error.reason();
  }
  return "no error";
}

TEST(DarknetWeights, ComeInTheOrderOfTheFormat) {
  const DarknetWeights weights = parse_weights(darknet_bytes(kVersion, 7, kSmallDarknetWeights), kConfig);
  EXPECT_EQ(weights.seen, 7u);
  ASSERT_EQ(weights.layers.size(), kConfig.layers.size());
  const DarknetLayerWeights& first = weights.layers[0];
  EXPECT_EQ(first.bias.data<float>()[0], 0.5f);
  EXPECT_EQ(first.scales.data<float>()[0], 4.5f);
  EXPECT_EQ(first.mean.data<float>()[0], 8.5f);
  EXPECT_EQ(first.variance.data<float>()[0], 12.5f);
  EXPECT_EQ(first.weights.data<float>()[0], 16.5f);
  EXPECT_EQ(first.weights.shape(), Shape({8, 3, 3, 3}));
  EXPECT_EQ(weights.layers[1].weights.shape(), Shape({8, 1, 3, 3}));
  EXPECT_FALSE(weights.layers[1].scales.defined());
  EXPECT_FALSE(weights.layers[2].bias.defined());
  EXPECT_EQ(weights.layers[7].weights.data<float>()[111], 0.5f * kSmallDarknetWeights);
}

TEST(DarknetWeights, CountImagesInTheWidthOfTheVersion) {
  const std::uint64_t many = (std::uint64_t{1} << 40) + 3;
  for (const auto& version : {std::vector<std::int32_t>{0, 2, 0}, {0, 2, 5}, {1, 0, 0}}) {
    const std::string bytes = darknet_bytes(version, many, kSmallDarknetWeights);
    EXPECT_EQ(parse_weights(bytes, kConfig).seen, many);
    EXPECT_EQ(written_weights(parse_weights(bytes, kConfig), kConfig), bytes);
  }
  const std::string narrow = darknet_bytes({0, 1, 0}, 9, kSmallDarknetWeights);
  DarknetWeights weights = parse_weights(narrow, kConfig);
  EXPECT_EQ(weights.seen, 9u);
  EXPECT_EQ(written_weights(weights, kConfig), narrow);
  weights.seen = many;
  EXPECT_THROW(written_weights(weights, kConfig), OptionError);
}

TEST(DarknetWeights, OfConnectedLayersComeBeforeTheNormAndMayBeTransposed) {
  const DarknetConfig config =
      parse_darknet_config("[net]\nwidth=2\nheight=1\nchannels=1\n[connected]\noutput=3\nbatch_normalize=1\n", "net.cfg");
  const DarknetWeights plain = parse_weights(darknet_bytes(kVersion, 0, 18), config);
  EXPECT_THAT(plain.layers[0].bias.to_vector<float>(), ElementsAre(0.5, 1, 1.5));
  EXPECT_EQ(plain.layers[0].weights.shape(), Shape({3, 2}));
  EXPECT_THAT(plain.layers[0].weights.to_vector<float>(), ElementsAre(2, 2.5, 3, 3.5, 4, 4.5));
  EXPECT_THAT(plain.layers[0].scales.to_vector<float>(), ElementsAre(5, 5.5, 6));
  EXPECT_THAT(plain.layers[0].variance.to_vector<float>(), ElementsAre(8, 8.5, 9));

  const std::string bytes = darknet_bytes({1001, 0, 0}, 0, 18);
  const DarknetWeights swapped = parse_weights(bytes, config);
  EXPECT_THAT(swapped.layers[0].weights.to_vector<float>(), ElementsAre(2, 3.5, 2.5, 4, 3, 4.5));
  EXPECT_EQ(written_weights(swapped, config), bytes);
}

TEST(DarknetWeights, OfYoloFastestAreWrittenWithTheSameBytes) {
  FOVEA_NEEDS_SHARED("data/weights_yolo_fastest/yolo-fastest.weights");
  const DarknetConfig config = read_darknet_config(test::shared_path("data/weights_yolo_fastest/yolo-fastest.cfg"));
  const auto path = test::shared_path("data/weights_yolo_fastest/yolo-fastest.weights");
  const DarknetWeights weights = read_darknet_weights(path, config);
  const test::TemporaryFolder folder;
  write_darknet_weights(folder / "copy.weights", weights, config);
  EXPECT_EQ(read_file(folder / "copy.weights"), read_file(path));
}

TEST(DarknetWeights, TooShortNamesTheLayerThatRanOut) {
  EXPECT_THAT(refused_weights("abc"), HasSubstr("has 3 bytes, which is less than the header"));
  EXPECT_THAT(refused_weights(darknet_bytes(kVersion, 0, 0).substr(0, 16)), HasSubstr("has 16 bytes, which is less than the header"));
  EXPECT_THAT(refused_weights(darknet_bytes(kVersion, 0, 247)),
              HasSubstr("ends in layer 0 ([convolutional], line 9 of its description), which wants 248 numbers (bias 8, scales 8, mean 8, "
                        "variance 8, filters 216): 247 are left"));
  EXPECT_THAT(
      refused_weights(darknet_bytes(kVersion, 0, kSmallDarknetWeights - 1)),
      HasSubstr("ends in layer 7 ([convolutional], line 45 of its description), which wants 126 numbers (bias 14, filters 112): 125 "
                "are left"));
  EXPECT_THAT(refused_weights(std::string(64, '\xff')), HasSubstr("has the format version -1.-1: this is no Darknet weights file"));
}

TEST(DarknetWeights, TooLongSaysByHowMuch) {
  EXPECT_THAT(refused_weights(darknet_bytes(kVersion, 0, kSmallDarknetWeights + 1)),
              HasSubstr("has 1820 bytes behind its header, but the layers of the description want 1816 (454 numbers)"));
  EXPECT_THAT(refused_weights(darknet_bytes(kVersion, 0, kSmallDarknetWeights) + "x"), HasSubstr("has 1817 bytes"));
}

TEST(DarknetWeights, HugeDescriptionsTakeNoMemory) {
  std::string text = "[net]\nwidth=100\nheight=100\n";
  for (int i = 0; i < 100; ++i) text += "[convolutional]\nfilters=65536\nsize=99\npad=1\nstride=99\n";
  EXPECT_THAT(refused_weights(darknet_bytes(kVersion, 0, 100), parse_darknet_config(text, "net.cfg")),
              HasSubstr("ends in layer 0 ([convolutional], line 4 of its description), which wants 1927020544 numbers"));
}

TEST(DarknetWeights, CutAtEveryLengthAreErrors) {
  const std::string bytes = darknet_bytes(kVersion, 0, kSmallDarknetWeights);
  for (std::size_t length = 0; length < bytes.size(); ++length) EXPECT_NE(refused_weights(bytes.substr(0, length)), "no error") << length;
}

TEST(DarknetWeights, ThatDoNotFitAreNotWritten) {
  DarknetWeights weights = parse_weights(darknet_bytes(kVersion, 0, kSmallDarknetWeights), kConfig);
  weights.layers[1].bias = Tensor::zeros({7});
  EXPECT_THROW(written_weights(weights, kConfig), OptionError);
  weights.layers[1].bias = {};
  EXPECT_THROW(written_weights(weights, kConfig), OptionError);
  weights.layers.pop_back();
  EXPECT_THROW(written_weights(weights, kConfig), OptionError);
}

}  // namespace
}  // namespace fovea
