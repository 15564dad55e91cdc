#include "fovea/detection/suppression.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "fovea/base/error.hpp"

namespace fovea {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

const std::vector<Box> kThree{{0, 0, 10, 10}, {1, 0, 11, 10}, {20, 20, 30, 30}};  // IoU of the first two: 90 / 110

TEST(Suppression, KeepsTheBestOfThoseThatOverlap) {
  EXPECT_THAT(non_maximum_suppression(kThree, std::vector<float>{0.5f, 0.75f, 0.25f}, {}, 0.5), ElementsAre(1, 2));
  EXPECT_THAT(non_maximum_suppression(kThree, std::vector<float>{0.5f, 0.75f, 0.25f}, {}, 0.82), ElementsAre(1, 0, 2));
}

TEST(Suppression, ABoxThatIsLeftOutLeavesOutNoOther) {
  const std::vector<Box> chain{{0, 0, 10, 10}, {4, 0, 14, 10}, {8, 0, 18, 10}};  // neighbours have 6 / 14, the ends 2 / 18
  EXPECT_THAT(non_maximum_suppression(chain, std::vector<float>{0.9f, 0.8f, 0.7f}, {}, 0.3), ElementsAre(0, 2));
}

TEST(Suppression, TheThresholdItselfIsNotMore) {
  const std::vector<Box> half{{0, 0, 10, 10}, {0, 0, 10, 5}};
  EXPECT_THAT(non_maximum_suppression(half, std::vector<float>{1, 1}, {}, 0.5), ElementsAre(0, 1));
  EXPECT_THAT(non_maximum_suppression(half, std::vector<float>{1, 1}, {}, 0.4999999), ElementsAre(0));
}

TEST(Suppression, EqualScoresGoByPlace) {
  EXPECT_THAT(non_maximum_suppression(kThree, std::vector<float>{0.5f, 0.5f, 0.5f}, {}, 0.5), ElementsAre(0, 2));
}

TEST(Suppression, ClassesDoNotMeet) {
  EXPECT_THAT(non_maximum_suppression(kThree, std::vector<float>{0.5f, 0.75f, 0.25f}, std::vector<std::int64_t>{0, 1, 0}, 0.5),
              ElementsAre(1, 0, 2));
}

TEST(Suppression, WhatIsNotFiniteIsNotKept) {
  const std::vector<Box> boxes{{0, 0, kNan, 10}, {0, 0, 10, 10}, {0, 0, 10, std::numeric_limits<float>::infinity()}, {0, 0, 9, 9}};
  EXPECT_THAT(non_maximum_suppression(boxes, std::vector<float>{1, 0.5f, 1, kNan}, {}, 0.5), ElementsAre(1));
}

TEST(Suppression, NothingOfNothing) {
  EXPECT_THAT(non_maximum_suppression({}, {}, {}, 0.5), IsEmpty());
  EXPECT_THAT(suppress({}), IsEmpty());
}

TEST(Suppression, OfDetectionsKeepsAtMostTheNumberWanted) {
  const Detections candidates{{{0, 0, 10, 10}, 0.5f, 0}, {{1, 0, 11, 10}, 0.75f, 1}, {{20, 20, 30, 30}, 0.25f, 0}};
  EXPECT_THAT(suppress(candidates), ElementsAre(candidates[1], candidates[0], candidates[2]));
  EXPECT_THAT(suppress(candidates, {.class_agnostic = true}), ElementsAre(candidates[1], candidates[2]));
  EXPECT_THAT(suppress(candidates, {.max_boxes = 1}), ElementsAre(candidates[1]));
}

template <class Call>
std::string message_of(Call call) {
  try {
    call();
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

TEST(Suppression, SaysWhatIsWrong) {
  EXPECT_THAT(message_of([] { non_maximum_suppression(kThree, std::vector<float>{1}, {}, 0.5); }),
              HasSubstr("3 boxes need as many scores and classes (or none), found 1 and 0"));
  EXPECT_THAT(message_of([] { suppress({}, {.threshold = 1.5}); }), HasSubstr("the threshold is in [0, 1], found 1.5"));
  EXPECT_THAT(message_of([] { suppress({}, {.max_boxes = 0}); }), HasSubstr("max_boxes is at least 1, found 0"));
}

}  // namespace
}  // namespace fovea
