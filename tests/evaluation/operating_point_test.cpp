// Precision, recall and confusion of detections from one matching.
#include "fovea/evaluation/operating_point.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "fovea/base/error.hpp"
#include "fovea/base/random.hpp"

namespace fovea {
namespace {

using Counts = std::vector<std::vector<std::int64_t>>;

/// One image, three classes with ids that do not rise.
DetectionDataset three_classes() {
  DetectionDataset truth;
  truth.images = {{1, "a", 100, 100}};
  truth.categories = {{30, "c", ""}, {10, "a", ""}, {20, "b", ""}};
  return truth;
}

void add_object(DetectionDataset& truth, std::int32_t category, XywhBox box, bool crowd = false) {
  truth.annotations.push_back({.id = static_cast<std::int64_t>(truth.annotations.size()) + 1,
                               .category = category,
                               .box = box,
                               .area = box.area(),
                               .is_crowd = crowd});
}

constexpr std::int32_t kC = 0, kA = 1, kB = 2;  // indices; the matrix is ordered a, b, c

TEST(DetectionConfusion, WorkedCase) {
  DetectionDataset truth = three_classes();
  add_object(truth, kA, {0, 0, 10, 10});
  add_object(truth, kA, {50, 0, 10, 10});
  add_object(truth, kB, {0, 50, 10, 10});
  add_object(truth, kC, {50, 50, 40, 40}, true);
  DetectionResults results;
  results.results = {{0, kA, {0, 0, 10, 10}, 0.9, {}},    // right
                     {0, kA, {0, 0, 10, 9}, 0.8, {}},     // a second time: background
                     {0, kC, {50, 0, 10, 10}, 0.7, {}},   // an a taken for a c
                     {0, kC, {60, 60, 10, 10}, 0.6, {}},  // inside the crowd: does not appear
                     {0, kB, {0, 50, 10, 10}, 0.1, {}}};  // not confident
  const Threads threads;
  const DetectionConfusion found = detection_confusion(truth, results, {.confidence = 0.25}, threads);
  EXPECT_EQ(found.categories[0].name, "a");
  EXPECT_EQ(found.counts, (Counts{{1, 0, 1, 0}, {0, 0, 0, 1}, {0, 0, 0, 0}, {1, 0, 0, 0}}));
  EXPECT_EQ(found.per_class[0].precision, 0.5);
  EXPECT_EQ(found.per_class[0].recall, 0.5);
  EXPECT_EQ(found.per_class[0].support, 2);
  EXPECT_EQ(detection_confusion(truth, results, {.confidence = 0.1}, threads).counts,
            (Counts{{1, 0, 1, 0}, {0, 1, 0, 0}, {0, 0, 0, 0}, {1, 0, 0, 0}}));
}

TEST(DetectionConfusion, AgreesWithTheCurvesAtEveryConfidence) {
  DetectionDataset truth = three_classes();
  RandomStream stream(5);
  const auto box = [&] { return XywhBox{stream.uniform(0, 80), stream.uniform(0, 80), stream.uniform(5, 20), stream.uniform(5, 20)}; };
  for (int i = 0; i < 40; ++i) add_object(truth, static_cast<std::int32_t>(stream.below(3)), box(), i % 10 == 0);
  DetectionResults results;
  for (int i = 0; i < 200; ++i) {
    const XywhBox near = truth.annotations[stream.below(40)].box;
    const XywhBox jittered{near.x + stream.uniform(-3, 3), near.y + stream.uniform(-3, 3), near.width, near.height};
    results.results.push_back(
        {0, static_cast<std::int32_t>(stream.below(3)), i % 3 == 0 ? box() : jittered, static_cast<double>(stream.below(20)) / 20, {}});
  }
  const Threads threads;
  std::size_t checked = 0;
  for (const ConfidenceCurve& curve : confidence_curves(truth, results, {}, threads))
    for (std::size_t i = 0; i < curve.confidence.size(); ++i, ++checked) {
      const DetectionConfusion confusion = detection_confusion(truth, results, {.confidence = curve.confidence[i]}, threads);
      const auto k = static_cast<std::size_t>(index_by(confusion.categories, &DetectionCategory::id).at(curve.category.id));
      EXPECT_EQ(confusion.per_class[k].precision, curve.precision[i]);
      EXPECT_EQ(confusion.per_class[k].recall, curve.recall[i]);
      EXPECT_EQ(confusion.per_class[k].f1, curve.f1[i]);
      EXPECT_EQ(confusion.per_class[k].support, curve.objects);
    }
  EXPECT_GT(checked, 40u);
}

TEST(DetectionConfusion, OptionsAreChecked) {
  const Threads threads;
  EXPECT_THROW(detection_confusion(three_classes(), {}, {.iou_threshold = 1.5}, threads), OptionError);
  EXPECT_THROW(confidence_curves(three_classes(), {}, {.iou_threshold = -1}, threads), OptionError);
}

TEST(CocoEvaluation, EqualBitsForAnyNumberOfThreads) {
  DetectionDataset truth = three_classes();
  truth.images.push_back({2, "b", 100, 100});
  RandomStream stream(6);
  DetectionResults results;
  for (int i = 0; i < 3000; ++i) {
    const XywhBox box{stream.uniform(0, 80), stream.uniform(0, 80), stream.uniform(5, 20), stream.uniform(5, 20)};
    const auto category = static_cast<std::int32_t>(stream.below(3));
    if (i % 10 == 0) add_object(truth, category, box);
    results.results.push_back({static_cast<std::int32_t>(stream.below(2)), category, box, static_cast<double>(stream.below(50)) / 50, {}});
  }
  const CocoEvaluation one = evaluate_coco(truth, results, {}, Threads(1)), more = evaluate_coco(truth, results, {}, Threads(3));
  EXPECT_EQ(one.precision, more.precision);
  EXPECT_EQ(one.recall, more.recall);
  EXPECT_GT(*std::max_element(one.recall.begin(), one.recall.end()), 0);
}

TEST(CocoEvaluation, AnIdOfZeroIsNoMatchAndIsNoted) {
  DetectionDataset truth = three_classes();
  add_object(truth, kA, {0, 0, 10, 10});
  DetectionResults results;
  results.results = {{0, kA, {0, 0, 10, 10}, 0.9, {}}};
  const Threads threads;
  EXPECT_EQ(summarize(evaluate_coco(truth, results, {}, threads)).AR100, 1);
  truth.annotations[0].id = 0;
  const CocoEvaluation evaluation = evaluate_coco(truth, results, {}, threads);
  EXPECT_EQ(summarize(evaluation).AR100, 0) << "as the reference has it";
  EXPECT_EQ(evaluation.notes.size(), 1u);
}

TEST(CocoEvaluation, OptionsAreChecked) {
  const Threads threads;
  const auto refused = [&](const CocoOptions& options) { EXPECT_THROW(evaluate_coco(three_classes(), {}, options, threads), OptionError); };
  refused({.iou_thresholds = {}});
  refused({.iou_thresholds = {1.5}});
  refused({.recall_thresholds = {0.5, 0.1}});
  refused({.max_detections = {0}});
  refused({.areas = {}});
  EXPECT_THROW(summarize(evaluate_coco(three_classes(), {}, {.max_detections = {5}}, threads)), OptionError);
  EXPECT_EQ(summarize(evaluate_coco(three_classes(), {}, {}, threads)).AP, -1) << "no objects";
  const auto refused_result = [&](const DetectionResult& result) {
    DetectionResults results;
    results.results = {result};
    EXPECT_THROW(evaluate_coco(three_classes(), results, {}, threads), OptionError);
  };
  refused_result({1, kA, {0, 0, 1, 1}, 0.5, {}});
  refused_result({0, 3, {0, 0, 1, 1}, 0.5, {}});
  refused_result({-1, kA, {0, 0, 1, 1}, 0.5, {}});
  refused_result({0, kA, {0, 0, 1, 1}, std::nan(""), {}});
  DetectionDataset boxes = three_classes();
  add_object(boxes, kA, {0, 0, 10, 10});
  EXPECT_THROW(evaluate_coco(boxes, {}, {.iou_type = IouType::segm}, threads), OptionError) << "no segmentation";
}

}  // namespace
}  // namespace fovea
