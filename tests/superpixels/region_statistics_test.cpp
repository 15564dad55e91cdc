#include "fovea/superpixels/region_statistics.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fovea/base/error.hpp"
#include "pictures.hpp"

namespace fovea {
namespace {

using test::expect_same_partition;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::ThrowsMessage;

/// An L of five pixels around a square of four.
RegionMap two_regions() { return relabel((cv::Mat_<std::int32_t>(3, 3) << 0, 0, 0, 0, 1, 1, 0, 1, 1)); }

TEST(RegionStatistics, OfAWorkedCase) {
  const cv::Mat image = (cv::Mat_<cv::Vec2b>(3, 3) << cv::Vec2b(1, 10), cv::Vec2b(2, 10), cv::Vec2b(3, 10),  //
                         cv::Vec2b(4, 10), cv::Vec2b(50, 0), cv::Vec2b(50, 0),                               //
                         cv::Vec2b(5, 10), cv::Vec2b(50, 0), cv::Vec2b(51, 0));
  const std::vector<RegionStatistics> regions = region_statistics(two_regions(), image);
  ASSERT_EQ(regions.size(), 2u);
  EXPECT_EQ(regions[0].area, 5);
  EXPECT_EQ(regions[0].perimeter, 12);  // three sides above, three on the left, one each at the two ends, four along the square
  EXPECT_EQ(regions[0].box, (Box{0, 0, 3, 3}));
  EXPECT_DOUBLE_EQ(regions[0].centroid.x, (0.5 + 1.5 + 2.5 + 0.5 + 0.5) / 5);
  EXPECT_DOUBLE_EQ(regions[0].centroid.y, (0.5 + 0.5 + 0.5 + 1.5 + 2.5) / 5);
  EXPECT_THAT(regions[0].mean, ElementsAre(3, 10));
  EXPECT_EQ(regions[1].area, 4);
  EXPECT_EQ(regions[1].perimeter, 8);
  EXPECT_EQ(regions[1].box, (Box{1, 1, 3, 3}));
  EXPECT_EQ(regions[1].centroid, cv::Point2d(2, 2));
  EXPECT_THAT(regions[1].mean, ElementsAre(50.25, 0));
}

TEST(RegionStatistics, MeanColoursKeepTheType) {
  const cv::Mat image = (cv::Mat_<std::uint16_t>(3, 3) << 1000, 1000, 1000, 1000, 7, 8, 1005, 8, 8);
  const cv::Mat expected = (cv::Mat_<std::uint16_t>(3, 3) << 1001, 1001, 1001, 1001, 8, 8, 1001, 8, 8);
  expect_same_partition(mean_colours(two_regions(), image), expected);
  cv::Mat five(3, 3, CV_32FC(5));
  five.reshape(1) = 0.25;
  const cv::Mat mean = mean_colours(two_regions(), five);
  EXPECT_EQ(mean.type(), CV_32FC(5));
}

TEST(RegionStatistics, ANumberWithoutPixelsHasNoArea) {
  RegionMap map = two_regions();
  map.count = 3;
  EXPECT_EQ(region_statistics(map, cv::Mat(3, 3, CV_8U, cv::Scalar(1)))[2].area, 0);
}

TEST(RegionStatistics, WantsAnImageOfTheMapsSize) {
  EXPECT_THAT([] { region_statistics(two_regions(), cv::Mat(3, 4, CV_8U)); },
              ThrowsMessage<ShapeError>(HasSubstr("regions of 3x3 pixels want an image of that size, found 4x3")));
}

}  // namespace
}  // namespace fovea
