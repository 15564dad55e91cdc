// The rules of VOC's protocol, one by one, worked by hand.
#include "fovea/evaluation/voc_evaluation.hpp"

#include <gtest/gtest.h>

#include "fovea/base/error.hpp"

namespace fovea {
namespace {

DetectionDataset objects(const std::vector<XywhBox>& boxes) {
  DetectionDataset truth;
  truth.images = {{1, "a", 100, 100}};
  truth.categories = {{1, "cat", ""}};
  for (const XywhBox& box : boxes)
    truth.annotations.push_back({.id = static_cast<std::int64_t>(truth.annotations.size()) + 1, .box = box, .area = box.area()});
  return truth;
}

/// Detections by falling score.
DetectionResults detections(const std::vector<XywhBox>& boxes) {
  DetectionResults results;
  for (const XywhBox& box : boxes) results.results.push_back({0, 0, box, 1 - 0.1 * static_cast<double>(results.results.size()), {}});
  return results;
}

constexpr XywhBox kHere = {0, 0, 10, 10}, kThere = {50, 50, 10, 10}, kNowhere = {80, 0, 10, 10};

TEST(VocEvaluation, CurveAndEnvelope) {
  const VocEvaluation found = evaluate_voc(objects({kHere, kThere}), detections({kHere, kNowhere, kThere}));
  ASSERT_EQ(found.classes.size(), 1u);
  const PrecisionRecallCurve& curve = found.classes[0].curve;
  EXPECT_EQ(curve.recall, (std::vector<double>{0.5, 0.5, 1}));
  EXPECT_EQ(curve.precision, (std::vector<double>{1, 0.5, 2.0 / 3}));
  EXPECT_EQ(curve.envelope, (std::vector<double>{1, 2.0 / 3, 2.0 / 3}));
  EXPECT_DOUBLE_EQ(found.mean_AP, 0.5 + 0.5 * 2 / 3);
  EXPECT_DOUBLE_EQ(average_precision(curve, VocInterpolation::eleven_point), (6 + 5 * 2.0 / 3) / 11);
}

TEST(VocEvaluation, ATakenObjectLeavesNoSecondChoice) {
  // Both detections overlap the first object most; the second would fit the other object too.
  const DetectionDataset truth = objects({kHere, {0, 0, 10, 8}});
  EXPECT_EQ(evaluate_voc(truth, detections({kHere, kHere})).mean_AP, 0.5);
}

TEST(VocEvaluation, OfEquallyGoodObjectsTheFirstCounts) {
  DetectionDataset truth = objects({kHere, kHere});
  truth.annotations[0].is_difficult = true;
  EXPECT_EQ(evaluate_voc(truth, detections({kHere})).mean_AP, 0) << "ignored: it has found the difficult one";
  truth.annotations[0].is_difficult = false;
  truth.annotations[1].is_difficult = true;
  EXPECT_EQ(evaluate_voc(truth, detections({kHere})).mean_AP, 1);
}

TEST(VocEvaluation, DifficultObjectsCountNeitherForNorAgainst) {
  DetectionDataset truth = objects({kHere, kThere});
  truth.annotations[0].is_difficult = true;
  const DetectionResults found = detections({kHere, kThere});
  const VocEvaluation ignored = evaluate_voc(truth, found);
  EXPECT_EQ(ignored.mean_AP, 1);
  EXPECT_EQ(ignored.classes[0].objects, 1);
  EXPECT_EQ(ignored.classes[0].curve.score.size(), 1u);
  EXPECT_EQ(evaluate_voc(truth, found, {.count_difficult = true}).classes[0].objects, 2);
}

TEST(VocEvaluation, TheThresholdIsIncludedUnlessSaidOtherwise) {
  const DetectionResults half = detections({{0, 0, 5, 10}});
  EXPECT_EQ(evaluate_voc(objects({kHere}), half, {.iou_threshold = 0.5}).mean_AP, 1);
  EXPECT_EQ(evaluate_voc(objects({kHere}), half, {.iou_threshold = 0.5, .strictly_above = true}).mean_AP, 0);
}

TEST(VocEvaluation, PixelsAreMeasuredAsTheFormatSays) {
  // 4 of 10 columns: 0.4 as they are; 5 of 11 inclusively.
  DetectionDataset truth = objects({kHere});
  DetectionResults found = detections({{0, 0, 4, 10}});
  const auto ap = [&](PixelRule rule) { return evaluate_voc(truth, found, {.iou_threshold = 0.45, .pixels = rule}).mean_AP; };
  EXPECT_EQ(ap(PixelRule::stated), 0);
  EXPECT_EQ(ap(PixelRule::inclusive), 1);
  truth.convention = found.convention = PixelConvention::unstated;
  EXPECT_EQ(ap(PixelRule::stated), 1);
  EXPECT_EQ(ap(PixelRule::continuous), 0);
  truth.convention = found.convention = PixelConvention::inclusive;
  EXPECT_EQ(ap(PixelRule::inclusive), 0) << "they are one pixel wider already";
}

TEST(VocEvaluation, ClassesWithoutObjectsAreLeftOut) {
  DetectionDataset truth = objects({kHere});
  truth.categories.push_back({2, "dog", ""});
  DetectionResults found = detections({kHere});
  found.results.push_back({0, 1, kThere, 0.5, {}});
  const VocEvaluation evaluation = evaluate_voc(truth, found);
  EXPECT_EQ(evaluation.classes[1].AP, -1);
  EXPECT_EQ(evaluation.mean_AP, 1);
  EXPECT_EQ(evaluate_voc(truth, found, {.use_categories = false}).classes.size(), 1u);
  EXPECT_EQ(evaluate_voc(objects({}), {}).mean_AP, -1);
  EXPECT_THROW(evaluate_voc(truth, found, {.iou_threshold = 2}), OptionError);
}

}  // namespace
}  // namespace fovea
