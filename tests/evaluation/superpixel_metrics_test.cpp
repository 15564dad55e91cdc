#include "fovea/evaluation/superpixel_metrics.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <numbers>
#include <opencv2/core.hpp>
#include <vector>

#include "fovea/base/error.hpp"

namespace fovea {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

/// 10 x 4 pixels, cut in front of the given column.
cv::Mat two_halves(int column, std::int32_t left = 3, std::int32_t right = -7) {
  cv::Mat labels(4, 10, CV_32S, cv::Scalar(right));
  labels.colRange(0, column) = left;
  return labels;
}

SuperpixelMetrics measure(const cv::Mat& labels, const std::vector<cv::Mat>& truths, int tolerance = 2) {
  return superpixel_metrics(labels, truths, {.tolerance = tolerance});
}

TEST(SuperpixelMetrics, OfThemselvesAreBest) {
  const SuperpixelMetrics metrics = measure(two_halves(5), {two_halves(5, 900, 1)}, 0);
  EXPECT_EQ(metrics.regions, 2);
  EXPECT_EQ(metrics.boundary_recall, 1);
  EXPECT_EQ(metrics.boundary_precision, 1);
  EXPECT_EQ(metrics.undersegmentation_error, 0);
  EXPECT_EQ(metrics.achievable_accuracy, 1);
  EXPECT_NEAR(metrics.compactness, 4 * std::numbers::pi * 20 / (18.0 * 18.0), 1e-12);
}

TEST(SuperpixelMetrics, OfAShiftedCut) {
  // Superpixels of 7 and 3 columns over segments of 5 and 5: two columns (8 of 40 pixels) are in the wrong one.
  const SuperpixelMetrics metrics = measure(two_halves(7), {two_halves(5)});
  EXPECT_DOUBLE_EQ(metrics.achievable_accuracy, 32 / 40.0);
  EXPECT_DOUBLE_EQ(metrics.undersegmentation_error, (8 + 8) / 40.0) << "min(20, 8) and min(8, 20) of the larger superpixel, 0 of the other";
  EXPECT_EQ(metrics.boundary_recall, 1) << "two columns apart";
  EXPECT_EQ(measure(two_halves(7), {two_halves(5)}, 1).boundary_recall, 0);
  EXPECT_EQ(measure(two_halves(7), {two_halves(5)}, 1).boundary_precision, 0);
}

TEST(SuperpixelMetrics, RecallAndPrecisionDiffer) {
  cv::Mat thirds = two_halves(3);
  thirds.colRange(8, 10) = 55;
  EXPECT_EQ(measure(thirds, {two_halves(3)}, 0).boundary_recall, 1);
  EXPECT_EQ(measure(thirds, {two_halves(3)}, 0).boundary_precision, 0.5);
  EXPECT_EQ(measure(two_halves(3), {thirds}, 0).boundary_recall, 0.5);
}

TEST(SuperpixelMetrics, SeveralPeopleAreAveraged) {
  const SuperpixelMetrics metrics = measure(two_halves(7), {two_halves(5), two_halves(7)}, 0);
  EXPECT_DOUBLE_EQ(metrics.achievable_accuracy, (32 / 40.0 + 1) / 2);
  EXPECT_DOUBLE_EQ(metrics.boundary_recall, 0.5);
  EXPECT_DOUBLE_EQ(metrics.undersegmentation_error, 16 / 40.0 / 2);
}

TEST(SuperpixelMetrics, NoBoundaryIsMissedWhereThereIsNone) {
  const cv::Mat flat(4, 10, CV_32S, cv::Scalar(0));
  EXPECT_EQ(measure(flat, {flat}).boundary_recall, 1);
  EXPECT_EQ(measure(flat, {two_halves(5)}).boundary_recall, 0);
  EXPECT_EQ(measure(flat, {two_halves(5)}).boundary_precision, 1);
}

TEST(SuperpixelMetrics, MeansOverImages) {
  const std::vector<SuperpixelMetrics> images = {measure(two_halves(5), {two_halves(5)}), measure(two_halves(7), {two_halves(5)})};
  EXPECT_DOUBLE_EQ(mean_of(images).achievable_accuracy, 0.9);
  EXPECT_EQ(to_json(mean_of(images))["regions"], 2);
  EXPECT_EQ(mean_of({}).regions, 0);
}

TEST(SuperpixelMetrics, SayWhatTheyWant) {
  EXPECT_THAT([] { measure(two_halves(5), {}); }, ThrowsMessage<OptionError>(HasSubstr("at least one ground truth")));
  EXPECT_THAT([] { measure(two_halves(5), {two_halves(5)}, -1); }, ThrowsMessage<OptionError>(HasSubstr("found -1")));
  EXPECT_THAT([] { measure(two_halves(5), {cv::Mat(4, 9, CV_32S)}); },
              ThrowsMessage<ShapeError>(HasSubstr("found 10x4 of type CV_32SC1 and 9x4")));
  EXPECT_THAT([] { measure(cv::Mat(4, 10, CV_8U), {two_halves(5)}); }, ThrowsMessage<ShapeError>(HasSubstr("CV_8UC1")));
}

}  // namespace
}  // namespace fovea
