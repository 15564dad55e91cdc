// Masks as run lengths against masks as pictures.
#include "fovea/vision/rle_mask.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <opencv2/core.hpp>
#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>

#include "fovea/base/error.hpp"
#include "fovea/base/file.hpp"
#include "fovea/base/random.hpp"
#include "fovea/base/text.hpp"
#include "fovea/vision/polygon_mask.hpp"
#include "support/shared_data.hpp"

namespace fovea {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

/// Blobs, so that runs have many lengths.
cv::Mat random_picture(int height, int width, std::uint64_t seed) {
  RandomStream stream(seed);
  cv::Mat mask = cv::Mat::zeros(height, width, CV_8UC1);
  for (int i = 0; i < 3; ++i) {
    const auto below = [&](int bound) { return static_cast<int>(stream.below(static_cast<std::uint64_t>(bound))); };
    const int x = below(width), y = below(height);
    mask(cv::Rect(x, y, 1 + below(width - x), 1 + below(height - y))) = i == 1 ? 0 : 255;
  }
  return mask;
}

const std::vector<cv::Size> kSizes = {{1, 1}, {1, 7}, {7, 1}, {5, 3}, {31, 17}, {64, 48}};

TEST(RleMask, ReadsColumnByColumn) {
  const cv::Mat picture = (cv::Mat_<std::uint8_t>(2, 3) << 0, 9, 9, 0, 0, 9);
  const RleMask mask = encode_mask(picture);
  EXPECT_EQ(mask, (RleMask{2, 3, {2, 1, 1, 2}}));
  EXPECT_EQ(mask_area(mask), 3u);
  EXPECT_EQ(mask_box(mask), cv::Rect(1, 0, 2, 2));
}

TEST(RleMask, AgreesWithPictures) {
  for (const cv::Size size : kSizes)
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
      const cv::Mat a = random_picture(size.height, size.width, seed), b = random_picture(size.height, size.width, seed + 100);
      const RleMask mask_a = encode_mask(a), mask_b = encode_mask(b);
      EXPECT_EQ(cv::norm(decode_mask(mask_a), a, cv::NORM_INF), 0);
      EXPECT_EQ(mask_area(mask_a), static_cast<std::uint32_t>(cv::countNonZero(a)));
      EXPECT_EQ(mask_box(mask_a), cv::boundingRect(a));
      EXPECT_EQ(from_compressed(to_compressed(mask_a), size.height, size.width), mask_a);

      const cv::Mat common = a & b, either = a | b;
      EXPECT_EQ(merge_masks(std::vector{mask_a, mask_b}, MaskMerge::any), encode_mask(either));
      EXPECT_EQ(merge_masks(std::vector{mask_a, mask_b}, MaskMerge::all), encode_mask(common));
      const double pixels = cv::countNonZero(common), area = cv::countNonZero(a);
      EXPECT_EQ(mask_iou(mask_a, mask_b), pixels == 0 ? 0 : pixels / cv::countNonZero(either));
      EXPECT_EQ(mask_iou(mask_a, mask_b, true), pixels == 0 ? 0 : pixels / area);
    }
}

TEST(RleMask, EmptyAndFullMasks) {
  const RleMask empty = make_mask({}, 3, 4), full = make_mask(std::vector{0U, 12U}, 3, 4);
  EXPECT_EQ(empty, (RleMask{3, 4, {12}}));
  EXPECT_EQ(mask_box(empty), cv::Rect());
  EXPECT_EQ(mask_box(full), cv::Rect(0, 0, 4, 3));
  EXPECT_EQ(mask_iou(empty, empty), 0);
  EXPECT_EQ(mask_iou(full, full), 1);
  EXPECT_EQ(mask_area(make_mask({}, 0, 0)), 0u);
}

TEST(RleMask, BringsRunsIntoOneForm) {
  EXPECT_EQ(make_mask(std::vector{2U, 1U, 0U, 3U}, 2, 5).counts, (std::vector<std::uint32_t>{2, 4, 4}))
      << "a run of 0 joins its neighbours";
  EXPECT_EQ(make_mask(std::vector{2U, 1U}, 2, 5).counts, (std::vector<std::uint32_t>{2, 1, 7})) << "the background at the end is added";
}

TEST(RleMask, CompressedTextOfTheReference) {
  // Worked by hand: 5 bits a character, the lowest first; from the fourth run on the difference to the run before the last.
  EXPECT_EQ(to_compressed({2, 3, {2, 1, 1, 2}}), "2111");               // the fourth is 2 - 1
  EXPECT_EQ(to_compressed({100, 1, {0, 16, 84}}), "0`0d2");             // 16 needs a second character: its fifth bit would be a sign
  EXPECT_EQ(to_compressed({100, 1, {10, 20, 30, 15, 25}}), ":d0n0KK");  // 15 - 20 and 25 - 30 are -5
}

TEST(RleMask, DamagedRunsAreNamed) {
  EXPECT_THAT([] { make_mask(std::vector{5U, 8U}, 3, 4); }, ThrowsMessage<OptionError>(HasSubstr("run 1 ends after the mask")));
  EXPECT_THAT([] { make_mask(std::vector{UINT32_MAX, UINT32_MAX}, 3, 4); }, ThrowsMessage<OptionError>(HasSubstr("run 0 ends after")));
  EXPECT_THAT([] { make_mask({}, 1 << 20, 1 << 20); }, ThrowsMessage<OptionError>(HasSubstr("not possible")));
  EXPECT_THAT([] { make_mask({}, -1, 5); }, ThrowsMessage<OptionError>(HasSubstr("not possible")));
  EXPECT_THAT([] { from_compressed("P", 3, 4); }, ThrowsMessage<OptionError>(HasSubstr("end in the middle")));
  EXPECT_THAT([] { from_compressed("1 1", 3, 4); }, ThrowsMessage<OptionError>(HasSubstr("character 1")));
  EXPECT_THAT([] { from_compressed("oooooooooooooooooo1", 3, 4); }, ThrowsMessage<OptionError>(HasSubstr("32 bits")));
  EXPECT_THAT([] { from_compressed("O", 3, 4); }, ThrowsMessage<OptionError>(HasSubstr("length of -1")));
  EXPECT_THAT([] { mask_iou(make_mask({}, 3, 4), make_mask({}, 4, 3)); }, ThrowsMessage<ShapeError>(HasSubstr("4x3 and 3x4")));
  EXPECT_THROW(merge_masks({}), OptionError);
  EXPECT_THROW(encode_mask(cv::Mat(2, 2, CV_8UC3)), OptionError);
}

TEST(RleMask, EveryDamageOfATextIsAnErrorOrAMask) {
  const RleMask mask = encode_mask(random_picture(31, 17, 3));
  const std::string text = to_compressed(mask);
  for (std::size_t at = 0; at < text.size(); ++at)
    for (int c = 0; c < 256; ++c) {
      std::string damaged = text;
      damaged[at] = static_cast<char>(c);
      try {
        EXPECT_LE(mask_area(from_compressed(damaged, 31, 17)), 31u * 17u);
      } catch (const OptionError&) {
      }
    }
}

/// 1-based starts and lengths, column by column, as the data set's table has them.
RleMask mask_of_table(const std::string& runs, int height, int width) {
  std::vector<std::uint32_t> counts;
  std::uint32_t end = 0;
  const std::vector<std::string> numbers = split(runs, ' ');
  for (std::size_t i = 0; i + 1 < numbers.size(); i += 2) {
    const auto start = static_cast<std::uint32_t>(std::stoul(numbers[i])) - 1,
               length = static_cast<std::uint32_t>(std::stoul(numbers[i + 1]));
    counts.insert(counts.end(), {start - end, length});
    end = start + length;
  }
  return make_mask(counts, height, width);
}

TEST(RleMask, NucleiAreTheRunsOfTheirTable) {
  FOVEA_NEEDS_SHARED("data/nuclei_dsb2018/solution_rle.csv");
  const std::filesystem::path folder = test::shared_path("data/nuclei_dsb2018");
  const std::string id = "0114f484a16c152baa2d82fdd43740880a762c93f436c8988ac461c5c9dbe7d5";
  std::vector<std::vector<std::uint32_t>> pictures, table;
  int height = 0, width = 0;
  for (const auto& file : std::filesystem::directory_iterator(folder / id / "masks")) {
    const cv::Mat picture = cv::imread(file.path().string(), cv::IMREAD_GRAYSCALE);
    height = picture.rows, width = picture.cols;
    pictures.push_back(encode_mask(picture).counts);
  }
  for (const std::string& line : split(read_text_file(folder / "solution_rle.csv"), '\n'))
    if (line.starts_with(id)) table.push_back(mask_of_table(split(line, ',')[1], height, width).counts);
  ASSERT_FALSE(table.empty());
  EXPECT_THAT(pictures, testing::UnorderedElementsAreArray(table));
}

TEST(PolygonMask, WholePixels) {
  EXPECT_EQ(mask_from_box(1, 2, 3, 2, 6, 5).counts, (std::vector<std::uint32_t>{8, 2, 4, 2, 4, 2, 8}));
  EXPECT_EQ(mask_from_box(-10, -10, 100, 100, 6, 5).counts, (std::vector<std::uint32_t>{0, 30})) << "cut at the image";
  EXPECT_EQ(mask_area(mask_from_box(1, 1, 0, 0, 6, 5)), 0u);
  EXPECT_EQ(mask_area(mask_from_polygon({}, 6, 5)), 0u);
  EXPECT_EQ(mask_area(mask_from_polygon(std::vector{2.0, 2.0}, 6, 5)), 0u);
}

TEST(PolygonMask, ColumnsAreCrossedAtTheirCentres) {
  // A triangle (0,0) (4,0) (4,4): the column x is crossed at x + 0.5 by the diagonal.
  const RleMask mask = mask_from_polygon(std::vector{0.0, 0.0, 4.0, 0.0, 4.0, 4.0}, 5, 5);
  EXPECT_EQ(mask.counts, (std::vector<std::uint32_t>{5, 1, 4, 2, 3, 3, 7})) << "column 0 has none, column 3 three pixels";
}

TEST(PolygonMask, DirectionDoesNotMatter) {
  const std::vector<double> there = {3.3, 1.2, 40.7, 5.9, 25.1, 30.4, 8.8, 22.6};
  std::vector<double> back;
  for (std::size_t i = there.size(); i > 0; i -= 2) back.insert(back.end(), {there[i - 2], there[i - 1]});
  EXPECT_EQ(mask_from_polygon(there, 40, 50), mask_from_polygon(back, 40, 50));
}

TEST(PolygonMask, UnusableOutlinesAreNamed) {
  EXPECT_THAT([] { mask_from_polygon(std::vector{1.0, 2.0, 3.0}, 5, 5); }, ThrowsMessage<OptionError>(HasSubstr("3 numbers")));
  EXPECT_THAT([] { mask_from_polygon(std::vector{1.0, 2.0, 3e30, 2.0}, 5, 5); }, ThrowsMessage<OptionError>(HasSubstr("point 1")));
  EXPECT_THAT([] { mask_from_polygon(std::vector{1.0, std::nan(""), 3.0, 2.0}, 5, 5); }, ThrowsMessage<OptionError>(HasSubstr("point 0")));
  std::vector<double> long_way;
  for (int i = 0; i < 100; ++i) long_way.insert(long_way.end(), {i % 2 == 0 ? -1.6e7 : 1.6e7, 0.0});
  EXPECT_THAT([&] { mask_from_polygon(long_way, 5, 5); }, ThrowsMessage<OptionError>(HasSubstr("pixels long")));
}

}  // namespace
}  // namespace fovea
