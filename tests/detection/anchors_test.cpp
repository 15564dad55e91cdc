#include "fovea/detection/anchors.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fovea/base/error.hpp"
#include "fovea/base/random.hpp"

namespace fovea {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::ThrowsMessage;

/// Sizes around three that are far apart.
std::vector<AnchorSize> three_kinds(int each) {
  RandomStream stream(3);
  std::vector<AnchorSize> sizes;
  for (int i = 0; i < each; ++i)
    for (const AnchorSize& kind : {AnchorSize{10, 12}, AnchorSize{100, 30}, AnchorSize{40, 160}})
      sizes.push_back(
          {kind.width * static_cast<float>(stream.uniform(0.9, 1.1)), kind.height * static_cast<float>(stream.uniform(0.9, 1.1))});
  return sizes;
}

TEST(Anchors, ShapeIouIsOfBoxesWithOneCentre) {
  EXPECT_DOUBLE_EQ(shape_iou({10, 10}, {10, 10}), 1);
  EXPECT_DOUBLE_EQ(shape_iou({10, 20}, {20, 10}), 100.0 / 300);
  EXPECT_DOUBLE_EQ(shape_iou({4, 4}, {8, 8}), 0.25);
}

TEST(Anchors, ClustersAreFound) {
  for (const std::uint64_t seed : {1, 2, 3, 4, 5}) {
    const AnchorClusters found = cluster_anchors(three_kinds(50), {.count = 3, .seed = seed});
    ASSERT_EQ(found.anchors.size(), 3u);
    const AnchorSize kinds[] = {{10, 12}, {100, 30}, {40, 160}};  // by area
    for (std::size_t k = 0; k < 3; ++k) EXPECT_GT(shape_iou(found.anchors[k], kinds[k]), 0.95) << seed;
    EXPECT_GT(found.mean_iou, 0.85);
    EXPECT_EQ(found.recall, 1);
  }
}

TEST(Anchors, AFixedPointOfTheDefinition) {
  const std::vector<AnchorSize> sizes = three_kinds(20);
  const AnchorClusters found = cluster_anchors(sizes, {.count = 5});
  ASSERT_LT(found.iterations, 300);
  std::vector<double> widths(5), heights(5), counts(5);
  double total = 0;
  for (const AnchorSize& size : sizes) {
    std::size_t best = 0;
    for (std::size_t k = 1; k < 5; ++k)
      if (shape_iou(size, found.anchors[k]) > shape_iou(size, found.anchors[best])) best = k;
    widths[best] += size.width;
    heights[best] += size.height;
    ++counts[best];
    total += shape_iou(size, found.anchors[best]);
  }
  for (std::size_t k = 0; k < 5; ++k) {
    EXPECT_NEAR(found.anchors[k].width, widths[k] / counts[k], 1e-3);
    EXPECT_NEAR(found.anchors[k].height, heights[k] / counts[k], 1e-3);
  }
  EXPECT_NEAR(found.mean_iou, total / static_cast<double>(sizes.size()), 1e-12);
}

TEST(Anchors, EqualBoxesFillAllClusters) {
  const AnchorClusters found = cluster_anchors(std::vector<AnchorSize>(4, {5, 6}), {.count = 3});
  EXPECT_THAT(found.anchors, ElementsAre(AnchorSize{5, 6}, AnchorSize{5, 6}, AnchorSize{5, 6}));
  EXPECT_EQ(found.mean_iou, 1);
}

TEST(Anchors, TheSeedDecides) {
  const std::vector<AnchorSize> sizes = three_kinds(30);
  EXPECT_EQ(cluster_anchors(sizes, {.count = 6, .seed = 9}).anchors, cluster_anchors(sizes, {.count = 6, .seed = 9}).anchors);
}

TEST(Anchors, SaysWhatIsWrong) {
  const std::vector<AnchorSize> sizes{{1, 2}, {3, 4}, {0, 4}};
  EXPECT_THAT([&] { cluster_anchors(sizes, {.count = 3}); },
              ThrowsMessage<OptionError>(HasSubstr("expected 1 to 2 clusters, as many as boxes, found 3")));
  EXPECT_THAT([&] { cluster_anchors(sizes, {.count = 1, .iterations = 0}); },
              ThrowsMessage<OptionError>(HasSubstr("iterations is at least 1")));
  EXPECT_THAT(
      [] {
        anchor_sizes(std::vector<double>{8, 0}, std::vector<double>{1});
      },
      ThrowsMessage<OptionError>(HasSubstr("found 0 and 1")));
}

TEST(Anchors, SizesAndRatios) {
  const auto sizes = anchor_sizes(std::vector<double>{8, 16}, std::vector<double>{0.25, 1});
  EXPECT_THAT(sizes, ElementsAre(AnchorSize{16, 4}, AnchorSize{8, 8}, AnchorSize{32, 8}, AnchorSize{16, 16}));
}

TEST(Anchors, StandAroundTheMiddlesOfCells) {
  const std::vector<AnchorSize> sizes{{4, 2}, {8, 8}};
  const std::vector<Box> anchors = grid_anchors(2, 3, 8, sizes);
  ASSERT_EQ(anchors.size(), 12u);
  EXPECT_EQ(anchors[0], (Box{2, 3, 6, 5}));
  EXPECT_EQ(anchors[1], (Box{0, 0, 8, 8}));
  EXPECT_EQ(anchors[2], (Box{10, 3, 14, 5})) << "the next column";
  EXPECT_EQ(anchors[6], (Box{2, 11, 6, 13})) << "the next row";
}

}  // namespace
}  // namespace fovea
