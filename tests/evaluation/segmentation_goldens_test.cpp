// The same numbers as scikit-learn, scipy and the published definition, on problems written by make_segmentation_goldens.py.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <opencv2/core.hpp>

#include "fovea/base/json.hpp"
#include "fovea/evaluation/boundary_metrics.hpp"
#include "fovea/evaluation/panoptic_quality.hpp"
#include "fovea/evaluation/segmentation_metrics.hpp"
#include "panoptic_files.hpp"

namespace fovea {
namespace {

constexpr double kRounding = 1e-14;  // of doubles summed in another order

const Json& goldens() {
  static const Json json = read_json_file(SEGMENTATION_GOLDENS);
  return json;
}

cv::Mat map_of(const Json& image, const char* key, int type) {
  const auto values = image.at(key).get<std::vector<std::int32_t>>();
  cv::Mat map(image.at("height").get<int>(), image.at("width").get<int>(), CV_32SC1);
  std::copy(values.begin(), values.end(), map.ptr<std::int32_t>());
  if (type != CV_32SC1) map.convertTo(map, type);
  return map;
}

void expect_near(const std::vector<std::optional<double>>& found, const Json& expected) {
  ASSERT_EQ(found.size(), expected.size());
  for (std::size_t c = 0; c < found.size(); ++c) {
    ASSERT_EQ(found[c].has_value(), !expected[c].is_null()) << "class " << c;
    if (!found[c]) continue;
    EXPECT_NEAR(*found[c], expected[c].get<double>(), kRounding) << "class " << c;
  }
}

std::vector<std::optional<double>> column(const SegmentationMetrics& metrics, std::optional<double> ClassSegmentation::*number) {
  std::vector<std::optional<double>> values;
  for (const ClassSegmentation& entry : metrics.per_class) values.push_back(entry.*number);
  return values;
}

TEST(SegmentationGoldens, AgreeWithScikitLearn) {
  ASSERT_EQ(goldens().at("semantic").size(), 4U);
  for (const Json& problem : goldens().at("semantic")) {
    SCOPED_TRACE(problem.at("name").get<std::string>());
    const auto classes = problem.at("classes").get<std::int64_t>();
    PixelConfusion confusion(classes);
    for (const Json& image : problem.at("images")) confusion.add(map_of(image, "truth", CV_8U), map_of(image, "found", CV_8U));
    for (std::int64_t i = 0; i < classes; ++i)
      for (std::int64_t j = 0; j <= classes; ++j)
        EXPECT_EQ(confusion.count(i, j),
                  problem.at("confusion")[static_cast<std::size_t>(i)][static_cast<std::size_t>(j)].get<std::int64_t>());
    const SegmentationMetrics metrics = segmentation_metrics(confusion);
    const Json& expected = problem.at("metrics");
    EXPECT_NEAR(metrics.pixel_accuracy, expected.at("pixel_accuracy").get<double>(), kRounding);
    EXPECT_NEAR(metrics.mean_accuracy, expected.at("mean_accuracy").get<double>(), kRounding);
    EXPECT_NEAR(metrics.mean_iou, expected.at("mIoU").get<double>(), kRounding);
    EXPECT_NEAR(metrics.frequency_weighted_iou, expected.at("fwIoU").get<double>(), kRounding);
    EXPECT_NEAR(metrics.mean_dice, expected.at("dice").get<double>(), kRounding);
    expect_near(column(metrics, &ClassSegmentation::iou), expected.at("iou"));
    expect_near(column(metrics, &ClassSegmentation::accuracy), expected.at("accuracy"));
    expect_near(column(metrics, &ClassSegmentation::dice), expected.at("class_dice"));
  }
}

TEST(SegmentationGoldens, BoundariesAgreeWithScipy) {
  for (const Json& problem : goldens().at("semantic"))
    for (const Json& expected : problem.at("boundaries")) {
      SCOPED_TRACE(problem.at("name").get<std::string>() + ", tolerance " + expected.at("tolerance").dump());
      BoundaryF1 boundaries(problem.at("classes").get<std::int64_t>(), expected.at("tolerance").get<double>());
      for (const Json& image : problem.at("images")) boundaries.add(map_of(image, "truth", CV_8U), map_of(image, "found", CV_8U));
      expect_near(boundaries.per_class(), expected.at("per_class"));
      EXPECT_NEAR(boundaries.mean(), expected.at("mean").get<double>(), kRounding);
    }
}

std::vector<PanopticSegment> segments_of(const Json& list) {
  std::vector<PanopticSegment> segments;
  for (const Json& entry : list)
    segments.push_back({entry.at("id").get<std::int64_t>(), entry.at("category").get<std::int32_t>(), entry.at("crowd").get<bool>()});
  return segments;
}

void expect_near(const PanopticMean& found, const Json& expected) {
  EXPECT_EQ(found.classes, expected.at("classes").get<std::int64_t>());
  EXPECT_NEAR(found.pq, expected.at("PQ").get<double>(), kRounding);
  EXPECT_NEAR(found.sq, expected.at("SQ").get<double>(), kRounding);
  EXPECT_NEAR(found.rq, expected.at("RQ").get<double>(), kRounding);
}

TEST(SegmentationGoldens, PanopticQualityAgreesWithItsDefinition) {
  ASSERT_EQ(goldens().at("panoptic").size(), 3U);
  for (const Json& problem : goldens().at("panoptic")) {
    SCOPED_TRACE(problem.at("name").get<std::string>());
    test::PanopticFiles files(problem.at("things").get<std::vector<bool>>());
    for (const Json& image : problem.at("images"))
      files.add(map_of(image, "truth", CV_32SC1), segments_of(image.at("truth_segments")), map_of(image, "found", CV_32SC1),
                segments_of(image.at("found_segments")));
    const PanopticEvaluation evaluation = files.evaluate(2);
    for (std::size_t c = 0; c < evaluation.per_class.size(); ++c) {
      const PanopticClass& entry = evaluation.per_class[c];
      const Json& expected = problem.at("stats")[c];
      EXPECT_EQ(entry.true_positives, expected[0].get<std::int64_t>()) << c;
      EXPECT_EQ(entry.false_positives, expected[1].get<std::int64_t>()) << c;
      EXPECT_EQ(entry.false_negatives, expected[2].get<std::int64_t>()) << c;
      EXPECT_NEAR(entry.sum_of_iou, expected[3].get<double>(), kRounding) << c;
    }
    expect_near(evaluation.all(), problem.at("all"));
    expect_near(evaluation.things(), problem.at("only_things"));
    expect_near(evaluation.stuff(), problem.at("only_stuff"));
  }
}

}  // namespace
}  // namespace fovea
