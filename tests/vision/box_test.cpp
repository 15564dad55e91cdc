#include "fovea/vision/box.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

namespace fovea {

namespace {

TEST(Box, AreaOfAnInvertedBoxIsZero) {
  EXPECT_EQ((Box{1, 2, 4, 6}.area()), 12);
  EXPECT_EQ((Box{4, 2, 1, 6}.area()), 0);
  EXPECT_EQ((Box{4, 6, 1, 2}.area()), 0) << "two negative sides are no area either";
}

TEST(Box, IouOfWorkedCases) {
  const Box a{0, 0, 10, 10};
  EXPECT_EQ(iou(a, a), 1);
  EXPECT_EQ(iou(a, {5, 0, 15, 10}), 50.0 / 150.0);
  EXPECT_EQ(iou(a, {2, 2, 7, 6}), 20.0 / 100.0) << "one inside the other";
  EXPECT_EQ(iou(a, {10, 0, 20, 10}), 0) << "touching is no overlap";
  EXPECT_EQ(iou(a, {30, 30, 40, 40}), 0);
}

TEST(Box, IouOfBoxesWithoutAreaIsZero) {
  const Box point{3, 3, 3, 3};
  EXPECT_EQ(iou(point, point), 0);
  EXPECT_EQ(iou(point, {0, 0, 10, 10}), 0);
  EXPECT_EQ(iou({5, 5, 1, 1}, {0, 0, 10, 10}), 0) << "inverted";
}

TEST(Box, OverlapsThatTellBoxesApartFromEachOther) {
  const Box a{0, 0, 10, 10}, half{5, 0, 15, 10}, apart{20, 0, 30, 10}, flat{0, 4, 10, 6};
  EXPECT_DOUBLE_EQ(giou(a, half), 1.0 / 3);
  EXPECT_DOUBLE_EQ(giou(a, apart), -100.0 / 300);
  EXPECT_DOUBLE_EQ(diou(a, half), 1.0 / 3 - 25.0 / 325);
  EXPECT_DOUBLE_EQ(diou(a, apart), -400.0 / 1000);
  EXPECT_DOUBLE_EQ(ciou(a, half), diou(a, half)) << "of equal proportions";
  EXPECT_DOUBLE_EQ(diou(a, flat), 0.2) << "of one centre";
  const double angle = std::atan(1.0) - std::atan(10.0 / 2), v = 4 * angle * angle / (std::numbers::pi * std::numbers::pi);
  EXPECT_DOUBLE_EQ(ciou(a, flat), 0.2 - v * v / (1 - 0.2 + v));
  for (const auto& each : {giou, diou, ciou}) EXPECT_EQ(each(a, a), 1);
}

TEST(Box, IntersectionIsNeverInverted) {
  const Box apart = intersection({0, 0, 1, 1}, {5, 5, 6, 6});
  EXPECT_GE(apart.width(), 0);
  EXPECT_GE(apart.height(), 0);
  EXPECT_EQ(intersection({0, 0, 4, 4}, {1, 2, 9, 3}), (Box{1, 2, 4, 3}));
}

TEST(Box, ClipsToTheImage) {
  EXPECT_EQ(clip({-1, 2, 50, 7}, 20, 5), (Box{0, 2, 20, 5}));
  EXPECT_EQ(clip({30, 30, 40, 40}, 20, 5).area(), 0);
}

}  // namespace

}  // namespace fovea
