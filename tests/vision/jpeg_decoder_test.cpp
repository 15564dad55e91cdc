#include "fovea/vision/jpeg_decoder.hpp"

#include <gtest/gtest.h>

#include <opencv2/imgproc.hpp>

#include "fovea/base/error.hpp"
#include "fovea/base/random.hpp"
#include "fovea/vision/image_loader.hpp"
#include "jpeg_bytes.hpp"
#include "mat_matchers.hpp"

namespace fovea {

namespace {

using test::Bytes;

cv::Rect random_area(cv::Size size, RandomStream& stream) {
  const auto below = [&](int limit) { return static_cast<int>(stream.below(static_cast<std::uint64_t>(limit))); };
  const int x = below(size.width), y = below(size.height);
  return {x, y, 1 + below(size.width - x), 1 + below(size.height - y)};
}

TEST(JpegDecoder, WholePicturesAreTheLoaders) {
  JpegDecoder decoder;
  for (const test::JpegKind& kind : test::jpeg_kinds())
    for (const cv::Size size : {cv::Size(97, 61), cv::Size(64, 48), cv::Size(1, 1), cv::Size(7, 3), cv::Size(16, 100), cv::Size(100, 5)}) {
      const Bytes bytes = test::jpeg(test::grainy_picture(size), kind);
      EXPECT_TRUE(test::same_image(decoder.decode(bytes, {{0, 0}, size}), decode_image(bytes, kind.name))) << kind.name << " " << size;
    }
}

TEST(JpegDecoder, PartsAreThoseOfTheWholePicture) {
  JpegDecoder decoder;
  RandomStream stream(1, 0, 0);
  for (const test::JpegKind& kind : test::jpeg_kinds())
    for (const cv::Size size : {cv::Size(131, 90), cv::Size(33, 17), cv::Size(80, 64)}) {
      const Bytes bytes = test::jpeg(test::grainy_picture(size), kind);
      const cv::Mat whole = decode_image(bytes, kind.name);
      for (int i = 0; i < 300; ++i) {
        const cv::Rect area = random_area(size, stream);
        ASSERT_TRUE(test::same_image(decoder.decode(bytes, area), whole(area))) << kind.name << " " << size << " " << area;
      }
    }
}

TEST(JpegDecoder, ReducedPartsAreThoseOfTheReducedPicture) {
  JpegDecoder decoder, whole_decoder;
  RandomStream stream(2, 0, 0);
  for (const test::JpegKind& kind : test::jpeg_kinds())
    for (const int reduction : {2, 4, 8}) {
      const cv::Size size(131, 90), reduced((131 + reduction - 1) / reduction, (90 + reduction - 1) / reduction);
      const Bytes bytes = test::jpeg(test::grainy_picture(size), kind);
      const cv::Mat whole = whole_decoder.decode(bytes, {{0, 0}, reduced}, reduction);
      ASSERT_EQ(whole.size(), reduced) << kind.name;
      for (int i = 0; i < 100; ++i) {
        const cv::Rect area = random_area(reduced, stream);
        ASSERT_TRUE(test::same_image(decoder.decode(bytes, area, reduction), whole(area)))
            << kind.name << " 1/" << reduction << " " << area;
      }
    }
}

TEST(JpegDecoder, ReducedPicturesAreAverages) {
  // A picture that is constant on blocks of 8x8 has the same colours at every reduction.
  cv::Mat blocks = test::grainy_picture({9, 7}), picture;
  cv::resize(blocks, picture, {72, 56}, 0, 0, cv::INTER_NEAREST);
  const Bytes bytes = test::jpeg(picture, {.name = "4:4:4", .across = 1, .down = 1, .quality = 100});
  JpegDecoder decoder;
  for (const int reduction : {2, 4, 8}) {
    cv::Mat expected;
    cv::resize(picture, expected, {72 / reduction, 56 / reduction}, 0, 0, cv::INTER_NEAREST);
    const cv::Mat reduced = decoder.decode(bytes, {{0, 0}, expected.size()}, reduction);
    EXPECT_LE(cv::norm(reduced, expected, cv::NORM_INF), 3) << reduction;
  }
}

TEST(JpegDecoder, LeavesTheRestToTheLoader) {
  const cv::Mat picture = test::grainy_picture({40, 30});
  JpegDecoder decoder;
  EXPECT_TRUE(decoder.decode({}, {0, 0, 1, 1}).empty());
  EXPECT_TRUE(decoder.decode(test::encode(".png", picture), {0, 0, 1, 1}).empty());
  const Bytes wide = test::jpeg(picture, {.name = "4:1:1", .across = 4, .down = 1});
  EXPECT_TRUE(decoder.decode(wide, {0, 0, 40, 30}).empty()) << "unusual sampling";
  const Bytes usual = test::jpeg(picture, {.name = "4:2:0"});
  EXPECT_TRUE(decoder.decode(usual, {0, 0, 41, 30}).empty()) << "beyond the picture";
  EXPECT_TRUE(decoder.decode(usual, {0, 0, 0, 30}).empty());
  EXPECT_TRUE(decoder.decode(usual, {0, 0, 21, 15}, 2).empty());
  EXPECT_FALSE(decoder.decode(usual, {0, 0, 20, 15}, 2).empty()) << "it goes on after what it left";
  EXPECT_THROW(decoder.decode(usual, {0, 0, 1, 1}, 3), OptionError);
}

/// Decodes a part of damaged bytes. What the decoder does give has to be the loader's pixels wherever the loader gives any.
void expect_harmless(JpegDecoder& decoder, const Bytes& bytes, const std::string& what) {
  const cv::Rect area(5, 4, 20, 13);
  const cv::Mat part = decoder.decode(bytes, area);
  for (const int reduction : {2, 8}) decoder.decode(bytes, {0, 0, 4, 3}, reduction);
  if (part.empty()) return;
  cv::Mat whole;
  try {
    whole = decode_image(bytes, what);
  } catch (const FileError&) {
    return;  // damaged below the part
  }
  EXPECT_TRUE(test::same_image(decoder.decode(bytes, area), whole(area))) << what;
}

TEST(JpegDecoder, SurvivesFilesCutShortAtEveryByte) {
  JpegDecoder decoder;
  for (const test::JpegKind& kind : test::jpeg_kinds()) {
    const Bytes bytes = test::jpeg(test::grainy_picture({33, 21}), kind);
    for (std::size_t length = 0; length < bytes.size(); ++length)
      expect_harmless(decoder, {bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(length)}, kind.name);
  }
}

TEST(JpegDecoder, SurvivesDamageAtEveryByte) {
  JpegDecoder decoder;
  for (const test::JpegKind& kind : test::jpeg_kinds()) {
    const Bytes bytes = test::jpeg(test::grainy_picture({33, 21}), kind);
    for (std::size_t at = 0; at < bytes.size(); ++at)
      for (const std::uint8_t flipped : {0x01, 0x80, 0xFF}) {
        Bytes damaged = bytes;
        damaged[at] ^= flipped;
        expect_harmless(decoder, damaged, kind.name + ", byte " + std::to_string(at));
      }
  }
}

}  // namespace

}  // namespace fovea
