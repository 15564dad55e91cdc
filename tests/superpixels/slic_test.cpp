#include "fovea/superpixels/slic.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <opencv2/imgproc.hpp>
#include <vector>

#include "fovea/base/error.hpp"
#include "fovea/superpixels/region_statistics.hpp"
#include "pictures.hpp"

namespace fovea {
namespace {

using test::expect_same_partition;
using test::photograph;
using test::random_image;
using testing::HasSubstr;
using testing::ThrowsMessage;

/// The assignment of one iteration by the definition, over all centres: grey images, centres as slic() starts with them.
cv::Mat naive_first_assignment(const cv::Mat& grey, int columns, int rows, double step, double compactness) {
  const auto value = [&](int y, int x) { return static_cast<float>(grey.at<std::uint8_t>(y, x)) * (100.0f / 255); };  // as slic(): ties
  const auto gradient = [&](int y, int x) {
    const float dx = value(y, std::min(x + 1, grey.cols - 1)) - value(y, std::max(x - 1, 0)),
                dy = value(std::min(y + 1, grey.rows - 1), x) - value(std::max(y - 1, 0), x);
    return dx * dx + dy * dy;
  };
  std::vector<cv::Point> centres;
  for (int r = 0; r < rows; ++r)
    for (int c = 0; c < columns; ++c) {
      const cv::Point start(static_cast<int>((c + 0.5) * grey.cols / columns), static_cast<int>((r + 0.5) * grey.rows / rows));
      cv::Point best = start;
      for (int y = start.y - 1; y <= start.y + 1; ++y)
        for (int x = start.x - 1; x <= start.x + 1; ++x)
          if (gradient(y, x) < gradient(best.y, best.x)) best = {x, y};
      centres.push_back(best);
    }
  cv::Mat labels(grey.size(), CV_32S, cv::Scalar(-1));
  for (int y = 0; y < grey.rows; ++y)
    for (int x = 0; x < grey.cols; ++x) {
      double nearest = HUGE_VAL;
      for (std::size_t k = 0; k < centres.size(); ++k) {
        const double dx = x - centres[k].x, dy = y - centres[k].y;
        if (std::abs(dx) > step || std::abs(dy) > step) continue;
        const double d = std::abs(value(y, x) - value(centres[k].y, centres[k].x)) + compactness / step * std::sqrt(dx * dx + dy * dy);
        if (d < nearest) nearest = d, labels.at<std::int32_t>(y, x) = static_cast<std::int32_t>(k);
      }
    }
  return labels;
}

TEST(Slic, OneIterationIsTheDefinition) {
  cv::Mat grey = random_image(40, 60, 1, 256, 3);
  cv::GaussianBlur(grey, grey, {}, 4);
  // K = 24 gives S = 10 and 6 x 4 centres. Without orphans the result is the assignment: a smooth image and much weight on place.
  const cv::Mat expected = naive_first_assignment(grey, 6, 4, 10, 40);
  ASSERT_EQ(connected_regions(expected).count, 24) << "the case must have no orphans";
  expect_same_partition(slic(grey, {.segments = 24, .compactness = 40, .iterations = 1}).labels, relabel(expected).labels);
}

TEST(Slic, FlatImagesFallIntoTheGrid) {
  const RegionMap map = slic(cv::Mat(60, 80, CV_8UC3, cv::Scalar(30, 60, 90)), {.segments = 48});
  EXPECT_EQ(map.count, 48);
  for (const RegionStatistics& region : region_statistics(map, map.labels)) EXPECT_NEAR(static_cast<double>(region.area), 100, 45);
}

TEST(Slic, RegionsAreConnectedAndNotSmall) {
  cv::Mat photo = photograph("fruits.jpg");
  if (photo.empty()) photo = random_image(200, 300, 3, 256, 1);
  for (const cv::Mat& image : {photo, random_image(120, 150, 3, 256, 2)})
    for (const bool zero : {false, true}) {
      const RegionMap map = slic(image, {.segments = 200, .zero_parameter = zero});
      EXPECT_EQ(connected_regions(map.labels, 4).count, map.count);
      expect_same_partition(map.labels, relabel(map.labels).labels);
      EXPECT_GT(map.count, 20);
      EXPECT_LE(map.count, 220);
      const double least = image.rows * image.cols / 200.0 / 4;
      for (const RegionStatistics& region : region_statistics(map, image)) EXPECT_GE(static_cast<double>(region.area), std::floor(least));
    }
}

TEST(Slic, FollowsAnEdgeOfColour) {
  cv::Mat image(60, 60, CV_8UC3, cv::Scalar(200, 20, 20));
  image.colRange(23, 60) = cv::Scalar(20, 200, 20);  // not where the grid of 15 pixels has its lines
  for (const bool zero : {false, true}) {
    const RegionMap map = slic(image, {.segments = 16, .zero_parameter = zero});
    for (int y = 0; y < 60; ++y) EXPECT_NE(map.labels.at<std::int32_t>(y, 22), map.labels.at<std::int32_t>(y, 23)) << "row " << y;
  }
}

TEST(Slic, DoesNotDependOnThreads) {
  const cv::Mat image = random_image(150, 170, 3, 256, 5);
  const RegionMap expected = slic(image, {}, Threads(1));
  for (const int count : {2, 3}) expect_same_partition(slic(image, {}, Threads(count)).labels, expected.labels);
}

TEST(Slic, TakesAnyShapeAndDepth) {
  for (const cv::Size size : {cv::Size(1, 1), {1, 40}, {40, 1}, {500, 10}})
    for (const int channels : {1, 2, 3, 4}) {
      const cv::Mat image = random_image(size.height, size.width, channels, 256, 5);
      cv::Mat words;
      image.convertTo(words, CV_16U, 257);
      const RegionMap map = slic(image, {.segments = 20});
      EXPECT_GE(map.count, 1);
      expect_same_partition(slic(words, {.segments = 20}).labels, map.labels);
    }
  EXPECT_EQ(slic(random_image(3, 3, 3, 256, 1), {.segments = 1000}).labels.total(), 9u) << "more segments than pixels";
}

TEST(Slic, SaysWhatItWants) {
  const cv::Mat image = random_image(4, 4, 3, 256, 1);
  EXPECT_THAT([&] { slic(image, {.segments = 0}); }, ThrowsMessage<OptionError>(HasSubstr("[slic] at least 1 segment, found 0")));
  EXPECT_THAT([&] { slic(image, {.compactness = -1}); }, ThrowsMessage<OptionError>(HasSubstr("0 or more, found -1")));
  EXPECT_THAT([&] { slic(image, {.iterations = 0}); }, ThrowsMessage<OptionError>(HasSubstr("at least 1 iteration")));
  EXPECT_THAT([] { slic(cv::Mat()); }, ThrowsMessage<ShapeError>(HasSubstr("at least one pixel")));
}

}  // namespace
}  // namespace fovea
