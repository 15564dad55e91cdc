#include "fovea/superpixels/region_map.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fovea/base/error.hpp"
#include "fovea/superpixels/region_graph.hpp"
#include "fovea/superpixels/region_pictures.hpp"
#include "fovea/vision/label_boundaries.hpp"
#include "pictures.hpp"

namespace fovea {
namespace {

using test::expect_same_partition;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::ThrowsMessage;

/// Two pieces of 7 that touch at a corner, and two other regions.
cv::Mat four_pieces() {
  return (cv::Mat_<std::int32_t>(3, 4) << 7, 7, -2, -2,  //
          9, 9, 7, -2,                                   //
          9, 9, 7, 7);
}

TEST(RegionMap, RelabelNumbersInScanOrder) {
  const cv::Mat expected = (cv::Mat_<std::int32_t>(3, 4) << 0, 0, 1, 1, 2, 2, 0, 1, 2, 2, 0, 0);
  EXPECT_EQ(relabel(four_pieces()).count, 3);
  expect_same_partition(relabel(four_pieces()).labels, expected);
  const cv::Mat bytes = (cv::Mat_<std::uint8_t>(1, 4) << 255, 0, 255, 3);
  expect_same_partition(relabel(bytes).labels, (cv::Mat_<std::int32_t>(1, 4) << 0, 1, 0, 2));
}

TEST(RegionMap, ConnectedRegionsAreCutApart) {
  const RegionMap four = connected_regions(four_pieces(), 4), eight = connected_regions(four_pieces(), 8);
  EXPECT_EQ(four.count, 4);
  expect_same_partition(four.labels, (cv::Mat_<std::int32_t>(3, 4) << 0, 0, 1, 1, 2, 2, 3, 1, 2, 2, 3, 3));
  EXPECT_EQ(eight.count, 3) << "the two pieces of 7 touch at a corner";
}

TEST(RegionMap, TheGraphCountsPairsOfPixels) {
  const RegionMap map = connected_regions(four_pieces(), 4);
  EXPECT_THAT(region_graph(map, 4), ElementsAre(RegionEdge{0, 1, 1}, RegionEdge{0, 2, 2}, RegionEdge{1, 3, 3}, RegionEdge{2, 3, 2}));
  EXPECT_THAT(region_graph(map, 8), ElementsAre(RegionEdge{0, 1, 1}, RegionEdge{0, 2, 4}, RegionEdge{0, 3, 1}, RegionEdge{1, 2, 1},
                                                RegionEdge{1, 3, 5}, RegionEdge{2, 3, 4}));
}

TEST(RegionMap, BoundariesAreOnePixelWide) {
  const RegionMap map = relabel((cv::Mat_<std::int32_t>(3, 4) << 0, 0, 1, 1, 0, 0, 1, 1, 0, 0, 0, 1));
  const cv::Mat expected = (cv::Mat_<std::uint8_t>(3, 4) << 0, 255, 0, 0, 0, 255, 255, 0, 0, 0, 255, 0);
  expect_same_partition(label_boundaries(map.labels), expected);
  const cv::Mat picture = draw_boundaries(cv::Mat(3, 4, CV_8UC1, cv::Scalar(9)), map, {1, 2, 3});
  EXPECT_EQ(picture.at<cv::Vec3b>(0, 1), cv::Vec3b(1, 2, 3));
  EXPECT_EQ(picture.at<cv::Vec3b>(0, 0), cv::Vec3b(9, 9, 9));
}

TEST(RegionMap, SaysWhatItWants) {
  EXPECT_THAT([] { relabel(cv::Mat(2, 2, CV_32F)); }, ThrowsMessage<ShapeError>(HasSubstr("[relabel] wants labels of one channel")));
  EXPECT_THAT([] { relabel(cv::Mat()); }, ThrowsMessage<ShapeError>(HasSubstr("found 0x0")));
  EXPECT_THAT([] { connected_regions(four_pieces(), 5); }, ThrowsMessage<OptionError>(HasSubstr("found 5")));
  EXPECT_THAT(
      [] {
        region_graph({four_pieces(), 10});
      },
      ThrowsMessage<ShapeError>(HasSubstr("labels from 0 to 9, found -2 in row 0, column 2")));
  EXPECT_THAT([] { draw_boundaries(cv::Mat(2, 2, CV_8UC3), relabel(four_pieces())); },
              ThrowsMessage<ShapeError>(HasSubstr("4x3 pixels, found 2x2")));
}

}  // namespace
}  // namespace fovea
