#include "fovea/vision/exif.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "fovea/base/error.hpp"
#include "fovea/vision/image_loader.hpp"
#include "image_bytes.hpp"
#include "mat_matchers.hpp"

namespace fovea {

namespace {

using test::Bytes;

// What a viewer shows for stored rows "ABC" / "DEF" at each orientation (the well-known F pictures of the EXIF standard).
const std::vector<std::vector<std::string>> kShown{{"ABC", "DEF"},     {"CBA", "FED"},     {"FED", "CBA"},     {"DEF", "ABC"},
                                                   {"AD", "BE", "CF"}, {"DA", "EB", "FC"}, {"FC", "EB", "DA"}, {"CF", "BE", "AD"}};

cv::Mat letters(const std::vector<std::string>& rows) {
  cv::Mat image(static_cast<int>(rows.size()), static_cast<int>(rows[0].size()), CV_8UC3);
  for (int y = 0; y < image.rows; ++y)
    for (int x = 0; x < image.cols; ++x) {
      const int letter = rows[static_cast<std::size_t>(y)][static_cast<std::size_t>(x)] - 'A';
      image.at<cv::Vec3b>(y, x) = cv::Vec3b::all(static_cast<std::uint8_t>(40 * letter + 20));
    }
  return image;
}

/// Blocks of 8x8 for every letter, so that JPEG keeps the levels.
cv::Mat blocks(const std::vector<std::string>& rows) {
  const cv::Mat small = letters(rows);
  cv::Mat large(small.rows * 8, small.cols * 8, CV_8UC3);
  for (int y = 0; y < large.rows; ++y)
    for (int x = 0; x < large.cols; ++x) large.at<cv::Vec3b>(y, x) = small.at<cv::Vec3b>(y / 8, x / 8);
  return large;
}

double largest_difference(const cv::Mat& a, const cv::Mat& b) { return a.size() == b.size() ? cv::norm(a, b, cv::NORM_INF) : 1000; }

class EveryOrientation : public testing::TestWithParam<int> {
 protected:
  const std::vector<std::string>& shown() const { return kShown[static_cast<std::size_t>(GetParam() - 1)]; }
};
INSTANTIATE_TEST_SUITE_P(Exif, EveryOrientation, testing::Range(1, 9));

TEST_P(EveryOrientation, TurnsPixels) {
  EXPECT_TRUE(test::same_image(apply_orientation(letters(kShown[0]), GetParam()), letters(shown())));
}

TEST_P(EveryOrientation, MovesPointsAsItMovesPixels) {
  const cv::Mat stored = letters(kShown[0]), upright = apply_orientation(stored, GetParam());
  for (int y = 0; y < stored.rows; ++y)
    for (int x = 0; x < stored.cols; ++x) {
      const cv::Point2d moved = orient_point({x + 0.5, y + 0.5}, stored.size(), GetParam());
      EXPECT_EQ(upright.at<cv::Vec3b>(static_cast<int>(std::floor(moved.y)), static_cast<int>(std::floor(moved.x))),
                stored.at<cv::Vec3b>(y, x));
      EXPECT_EQ(moved.x - std::floor(moved.x), 0.5);
    }
}

TEST_P(EveryOrientation, IsAppliedToJpeg) {
  const Bytes plain = test::encode(".jpg", blocks(kShown[0]), {cv::IMWRITE_JPEG_QUALITY, 100});
  for (const bool big : {false, true}) {
    const Bytes file = test::jpeg_with_exif(plain, test::exif(GetParam(), big));
    EXPECT_EQ(exif_orientation(file), GetParam());
    EXPECT_LE(largest_difference(decode_image(file, "a.jpg"), blocks(shown())), 1);
  }
}

TEST_P(EveryOrientation, IsAppliedToPng) {
  const Bytes plain = test::encode(".png", letters(kShown[0]));
  const Bytes file = test::png_with_chunk(plain, test::png_chunk("eXIf", test::exif(GetParam())));
  EXPECT_TRUE(test::same_image(decode_image(file, "a.png"), letters(shown())));
}

TEST_P(EveryOrientation, IsAppliedToWebp) {
  const Bytes plain = test::encode(".webp", letters(kShown[0]), {cv::IMWRITE_WEBP_QUALITY, 101});
  const Bytes file = test::webp_with_exif(plain, test::exif(GetParam()), {3, 2});
  EXPECT_TRUE(test::same_image(decode_image(file, "a.webp"), letters(shown())));
}

TEST_P(EveryOrientation, IsAppliedToTiff) {
  for (const bool big : {false, true}) {
    for (const std::uint32_t bits : {8U, 16U}) {
      Bytes data;
      for (const std::uint32_t level : {20, 60, 100, 140, 180, 220})
        test::append(data, test::number(level * (bits == 8 ? 1 : 257), static_cast<int>(bits / 8), big));
      const Bytes file = test::tiff({{256, 3},
                                     {257, 2},
                                     {258, bits},
                                     {259, 1},
                                     {262, 1},
                                     {273, test::tiff_data_offset(10)},
                                     {274, static_cast<std::uint32_t>(GetParam())},
                                     {277, 1},
                                     {278, 2},
                                     {279, static_cast<std::uint32_t>(data.size())}},
                                    big, data);
      EXPECT_TRUE(test::same_image(decode_image(file, "a.tiff"), letters(shown()))) << bits << (big ? " big" : " little");
    }
  }
}

TEST(Exif, MalformedCountsAsUpright) {
  const Bytes plain = test::encode(".jpg", blocks(kShown[0]));
  EXPECT_EQ(exif_orientation(plain), 1);
  EXPECT_EQ(exif_orientation(test::jpeg_with_exif(plain, test::exif(0))), 1);
  EXPECT_EQ(exif_orientation(test::jpeg_with_exif(plain, test::exif(9))), 1);
  EXPECT_EQ(exif_orientation(test::jpeg_with_exif(plain, test::to_bytes("nonsense"))), 1);
  EXPECT_EQ(exif_orientation({}), 1);
  const Bytes whole = test::exif(6);
  for (std::size_t length = 0; length + 4 < whole.size(); ++length) {  // the last four bytes only link to a next directory
    const Bytes cut(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(length));
    EXPECT_EQ(exif_orientation(test::jpeg_with_exif(plain, cut)), 1) << length;
  }
  EXPECT_EQ(decode_image(test::jpeg_with_exif(plain, test::exif(200)), "a.jpg").size(), cv::Size(24, 16));
}

TEST(Exif, RefusesUnknownOrientations) {
  EXPECT_THROW(apply_orientation(letters(kShown[0]), 0), OptionError);
  EXPECT_THROW(orient_point({1, 1}, {3, 2}, 9), OptionError);
}

}  // namespace

}  // namespace fovea
