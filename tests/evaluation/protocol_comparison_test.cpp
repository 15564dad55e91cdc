// Differences between protocols and between orders of equal scores.
#include <gtest/gtest.h>

#include <filesystem>

#include "fovea/base/error.hpp"
#include "fovea/data/coco.hpp"
#include "fovea/evaluation/explain_protocols.hpp"
#include "fovea/evaluation/tie_report.hpp"

namespace fovea {
namespace {

/// One image, one class, two objects.
DetectionDataset two_objects() {
  DetectionDataset truth;
  truth.images = {{1, "a", 100, 100}};
  truth.categories = {{1, "cat", ""}};
  truth.annotations = {{.id = 1, .box = {0, 0, 10, 10}, .area = 100}, {.id = 2, .box = {50, 50, 10, 10}, .area = 100}};
  return truth;
}

DetectionResults results_of(std::vector<DetectionResult> list) {
  DetectionResults results;
  results.results = std::move(list);
  return results;
}

TEST(ExplainProtocols, EndsAreTheProtocols) {
  const std::filesystem::path folder = std::filesystem::path(COCO_GOLDENS) / "edges";
  const DetectionDataset truth = read_coco_instances(folder / "ground_truth.json");
  const DetectionResults results = read_coco_results(folder / "detections.json", truth);
  const Threads threads;
  const std::vector<ProtocolStep> there = explain_protocols(truth, results, "voc07", "coco", {}, threads);
  const std::vector<ProtocolStep> back = explain_protocols(truth, results, "coco", "voc07", {}, threads);
  EXPECT_EQ(there.front().rule, "voc07");
  EXPECT_EQ(there.front().AP, evaluate_voc(truth, results, {.interpolation = VocInterpolation::eleven_point}).mean_AP);
  EXPECT_EQ(there.back().AP, summarize(evaluate_coco(truth, results, {}, threads)).AP);
  ASSERT_EQ(there.size(), 8u);
  ASSERT_EQ(back.size(), 8u);
  for (std::size_t i = 0; i < there.size(); ++i) EXPECT_EQ(there[i].AP, back[back.size() - 1 - i].AP);
  EXPECT_EQ(explain_protocols(truth, results, "voc07", "voc12", {}, threads).size(), 2u);
  EXPECT_EQ(explain_protocols(truth, results, "coco", "coco", {}, threads).size(), 1u);
  EXPECT_THROW(explain_protocols(truth, results, "voc", "coco", {}, threads), OptionError);
}

/// The step of a rule, as the change that it makes.
double change(const std::vector<ProtocolStep>& steps, const std::string& rule) {
  for (std::size_t i = 1; i < steps.size(); ++i)
    if (steps[i].rule.starts_with(rule)) return steps[i].AP - steps[i - 1].AP;
  ADD_FAILURE() << "no rule " << rule;
  return 0;
}

TEST(ExplainProtocols, EachRuleGetsWhatItChanges) {
  const Threads threads;
  DetectionDataset truth = two_objects();
  truth.annotations[1].is_difficult = true;  // and missed
  const DetectionResults right = results_of({{0, 0, {0, 0, 10, 10}, 0.9, {}}});
  std::vector<ProtocolStep> steps = explain_protocols(truth, right, "voc12", "coco", {}, threads);
  EXPECT_EQ(change(steps, "difficult objects"), -0.5);
  EXPECT_EQ(change(steps, "boxes"), 0);

  truth.annotations[1] = {.id = 2, .box = {0, 0, 10, 8}, .area = 80};  // two objects on one place: VOC gives no second choice
  const DetectionResults both = results_of({{0, 0, {0, 0, 10, 10}, 0.9, {}}, {0, 0, {0, 0, 10, 10}, 0.8, {}}});
  steps = explain_protocols(truth, both, "voc12", "coco", {}, threads);
  EXPECT_GT(change(steps, "matching"), 0.4);

  truth = two_objects();
  truth.convention = PixelConvention::unstated;  // IoU 5 / 10 and, inclusively, 6 * 11 / (11 * 11) < 0.55
  DetectionResults narrow = results_of({{0, 0, {0, 0, 5, 10}, 0.9, {}}, {0, 0, {50, 50, 5, 10}, 0.9, {}}});
  narrow.convention = PixelConvention::unstated;
  steps = explain_protocols(truth, narrow, "voc12", "coco", {.iou_threshold = 0.52}, threads);
  EXPECT_EQ(change(steps, "boxes"), -1) << "inclusive pixels make small boxes overlap more";
}

TEST(TieReport, BoundsOfEqualScores) {
  const Threads threads;
  const DetectionDataset truth = two_objects();
  const DetectionResults tied =
      results_of({{0, 0, {80, 0, 10, 10}, 0.5, {}}, {0, 0, {0, 0, 10, 10}, 0.5, {}}, {0, 0, {50, 50, 10, 10}, 0.5, {}}});
  const TieReport report = tie_report(truth, tied, {}, threads);
  EXPECT_NEAR(report.lowest, 2.0 / 3, 1e-12);
  EXPECT_NEAR(report.highest, 1, 1e-12);
  EXPECT_EQ(report.as_given, report.lowest) << "the file has the false one first";
  EXPECT_EQ(report.tied, 3);
  EXPECT_EQ(report.detections, 3);
  EXPECT_EQ(report.constant, std::vector<std::string>{"cat"});

  const DetectionResults apart =
      results_of({{0, 0, {80, 0, 10, 10}, 0.6, {}}, {0, 0, {0, 0, 10, 10}, 0.5, {}}, {0, 0, {50, 50, 10, 10}, 0.4, {}}});
  const TieReport none = tie_report(truth, apart, {}, threads);
  EXPECT_EQ(none.lowest, none.highest);
  EXPECT_EQ(none.as_given, none.highest);
  EXPECT_EQ(none.tied, 0);
  EXPECT_TRUE(none.constant.empty());
}

TEST(TieReport, HoldsTheReferencesNumber) {
  const std::filesystem::path folder = std::filesystem::path(COCO_GOLDENS) / "more_than_100";
  const DetectionDataset truth = read_coco_instances(folder / "ground_truth.json");
  const TieReport report = tie_report(truth, read_coco_results(folder / "detections.json", truth), {}, Threads());
  EXPECT_LE(report.lowest, report.as_given);
  EXPECT_GE(report.highest, report.as_given);
  EXPECT_LT(report.lowest, report.highest);
}

}  // namespace
}  // namespace fovea
