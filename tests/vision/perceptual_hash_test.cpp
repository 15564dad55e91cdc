#include "fovea/vision/perceptual_hash.hpp"

#include <gtest/gtest.h>

#include <bit>
#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>

#include "fovea/base/error.hpp"
#include "fovea/base/random.hpp"
#include "fovea/vision/image_loader.hpp"
#include "fovea/vision/image_writer.hpp"

namespace fovea {
namespace {

/// Blotches of all sizes, another picture for every seed.
cv::Mat scene(std::uint64_t seed, cv::Size size = {200, 150}) {
  RandomStream stream(seed);
  cv::Mat coarse(6, 8, CV_8UC3);
  for (int i = 0; i < 6 * 8; ++i)
    for (int c = 0; c < 3; ++c) coarse.at<cv::Vec3b>(i / 8, i % 8)[c] = static_cast<std::uint8_t>(stream.below(256));
  cv::Mat picture;
  cv::resize(coarse, picture, size, 0, 0, cv::INTER_CUBIC);
  return picture;
}

int distance(const cv::Mat& a, const cv::Mat& b) { return std::popcount(perceptual_hash(a).value() ^ perceptual_hash(b).value()); }

TEST(PerceptualHash, SurvivesSizeFormatAndBrightness) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    const cv::Mat picture = scene(seed);
    EXPECT_EQ(distance(picture, picture.clone()), 0);
    cv::Mat smaller, darker = picture * 0.8, jpeg = decode_image(encode_image(".jpg", picture, "jpeg"), "jpeg");
    cv::resize(picture, smaller, {90, 70}, 0, 0, cv::INTER_AREA);
    EXPECT_LE(distance(picture, smaller), 4) << seed;
    EXPECT_LE(distance(picture, darker), 4) << seed;
    EXPECT_LE(distance(picture, jpeg), 4) << seed;
  }
}

TEST(PerceptualHash, TellsPicturesApart) {
  double sum = 0;
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    const int bits = distance(scene(seed), scene(seed + 100));
    EXPECT_GE(bits, 14) << seed;
    sum += bits;
  }
  EXPECT_NEAR(sum / 20, 32, 4) << "unrelated pictures differ in half of the bits";
}

TEST(PerceptualHash, HasNothingToSayOfSmallAndFlatPictures) {
  EXPECT_FALSE(perceptual_hash(scene(1, {31, 200})));
  EXPECT_TRUE(perceptual_hash(scene(1, {32, 32})));
  EXPECT_FALSE(perceptual_hash(cv::Mat(64, 64, CV_8UC3, cv::Scalar(10, 200, 30))));
  EXPECT_THROW(perceptual_hash(cv::Mat(64, 64, CV_32FC3)), ShapeError);
}

/// As slow and as simple as can be.
std::optional<HashIndex::Match> compared_with_all(const std::vector<std::uint64_t>& hashes, std::uint64_t hash, int farthest) {
  std::optional<HashIndex::Match> best;
  for (std::size_t i = 0; i < hashes.size(); ++i) {
    const int bits = std::popcount(hash ^ hashes[i]);
    if (bits <= farthest && (!best || bits < best->distance)) best = {static_cast<std::int32_t>(i), bits};
  }
  return best;
}

TEST(HashIndex, FindsWhatComparingWithAllFinds) {
  for (const int farthest : {0, 1, 6, 10, 31}) {
    RandomStream stream(static_cast<std::uint64_t>(farthest) + 1);
    HashIndex index(farthest);
    std::vector<std::uint64_t> hashes;
    int found = 0;
    for (int i = 0; i < 600; ++i) {
      std::uint64_t hash = stream.next_u64();
      if (i % 3 != 0) {  // a neighbour of an earlier one
        hash = hashes[stream.below(hashes.size())];
        for (std::uint64_t flips = stream.below(12); flips > 0; --flips) hash ^= std::uint64_t{1} << stream.below(64);
      }
      const auto expected = compared_with_all(hashes, hash, farthest), match = index.nearest(hash);
      ASSERT_EQ(match.has_value(), expected.has_value()) << i << " within " << farthest;
      if (match) {
        ++found;
        ASSERT_EQ(match->index, expected->index) << i;
        ASSERT_EQ(match->distance, expected->distance) << i;
      }
      hashes.push_back(hash);
      index.add(hash);
    }
    EXPECT_GT(found, 10) << farthest;
  }
  EXPECT_THROW(HashIndex(-1), OptionError);
  EXPECT_THROW(HashIndex(32), OptionError);
}

}  // namespace
}  // namespace fovea
