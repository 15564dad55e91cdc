#include "detection_pictures.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>

#include "fovea/vision/confusion_picture.hpp"

namespace fovea {

namespace {

constexpr std::size_t kMostClasses = 40;  // of a confusion matrix that can be read
const cv::Size kCurveSize{720, 400};
const cv::Scalar kTruthColour(60, 160, 40), kFoundColour(40, 40, 220);

/// Mean precision at each level of recall over classes that have objects, of those in `places`.
Series precision_line(const CocoEvaluation& evaluation, std::size_t threshold, const std::string& name,
                      std::span<const std::size_t> places) {
  const std::size_t levels = evaluation.options.recall_thresholds.size(), classes = evaluation.categories.size();
  const std::size_t areas = evaluation.options.areas.size(), limits = evaluation.options.max_detections.size();
  Series series{.name = name, .points = {}};
  for (std::size_t level = 0; level < levels; ++level) {
    double sum = 0;
    for (const std::size_t k : places) {
      const std::size_t row = ((threshold * levels + level) * classes + k) * areas;  // of all areas, the first range
      sum += evaluation.precision[row * limits + limits - 1];
    }
    series.points.emplace_back(evaluation.options.recall_thresholds[level], sum / static_cast<double>(places.size()));
  }
  return series;
}

void draw_box(cv::Mat& picture, const XywhBox& box, cv::Scalar colour, int thickness, const std::string& text, bool above) {
  const cv::Point near(cvRound(box.x), cvRound(box.y)), far(cvRound(box.x + box.width) - 1, cvRound(box.y + box.height) - 1);
  cv::rectangle(picture, near, far, colour, thickness);
  const double scale = std::max(picture.cols, picture.rows) / 1200.0;
  const int line = std::max(1, cvRound(2 * scale));
  const cv::Point at(near.x + 2, above ? std::max(near.y - 4, cvRound(24 * scale)) : far.y - 4);
  cv::putText(picture, text, at, cv::FONT_HERSHEY_SIMPLEX, scale, cv::Scalar::all(255), line + 2, cv::LINE_AA);
  cv::putText(picture, text, at, cv::FONT_HERSHEY_SIMPLEX, scale, colour, line, cv::LINE_AA);
}

}  // namespace

std::vector<std::size_t> largest_places(std::span<const std::int64_t> sizes, std::size_t most) {
  std::vector<std::size_t> places(sizes.size());
  std::iota(places.begin(), places.end(), std::size_t{0});
  std::stable_sort(places.begin(), places.end(), [&](std::size_t a, std::size_t b) { return sizes[a] > sizes[b]; });
  if (places.size() > most) places.resize(most);
  std::sort(places.begin(), places.end());
  return places;
}

ChartOptions unit_chart(const std::string& title, const char* x_label, const char* y_label) {
  return {.title = title, .x_label = x_label, .y_label = y_label, .size = kCurveSize, .y_range = cv::Point2d(0, 1.02)};
}

Chart precision_recall_chart(const CocoEvaluation& evaluation, double iou_threshold) {
  const std::vector<double>& thresholds = evaluation.options.iou_thresholds;
  const auto threshold = static_cast<std::size_t>(std::find(thresholds.begin(), thresholds.end(), iou_threshold) - thresholds.begin());
  std::vector<std::int64_t> objects;
  std::vector<std::size_t> with_objects;
  for (std::size_t k = 0; k < evaluation.categories.size(); ++k) {
    objects.push_back(evaluation.objects[k * evaluation.options.areas.size()]);
    if (objects.back() > 0) with_objects.push_back(k);
  }
  const double mean = evaluation.average_precision({.iou_threshold = iou_threshold, .category = {}});
  Chart chart{unit_chart(fmt::format("precision over recall at IoU {}: mean AP {:.4f}", iou_threshold, mean), "recall", "precision"), {}};
  if (with_objects.empty() || threshold == thresholds.size()) return chart;
  for (const std::size_t k : largest_places(objects, kMostCurves - 1)) {  // and one for all
    if (objects[k] == 0) continue;
    const double AP = evaluation.average_precision({.iou_threshold = iou_threshold, .category = k});
    const std::string name = fmt::format("{} {:.3f}", evaluation.categories[k].name, AP);
    chart.series.push_back(precision_line(evaluation, threshold, name, std::span(&k, 1)));
  }
  chart.series.push_back(precision_line(evaluation, threshold, fmt::format("all classes {:.3f}", mean), with_objects));
  return chart;
}

std::vector<std::string> confusion_names(const DetectionConfusion& confusion) {
  std::vector<std::string> names;
  for (const DetectionCategory& category : confusion.categories) names.push_back(category.name);
  names.emplace_back("background");
  return names;
}

cv::Mat draw_detection_confusion(const std::string& title, const DetectionConfusion& confusion) {
  const std::vector<std::string> names = confusion_names(confusion);
  if (names.size() > kMostClasses) return {};
  std::vector<std::int64_t> counts;
  for (const auto& row : confusion.counts) counts.insert(counts.end(), row.begin(), row.end());
  return draw_confusion(title, names, counts);
}

void draw_comparison(cv::Mat& picture, std::span<const DetectionAnnotation> objects, std::span<const DetectionResult> found,
                     std::span<const DetectionCategory> categories, double confidence) {
  const auto name_of = [&](std::int32_t category) { return categories[static_cast<std::size_t>(category)].name; };
  const int line = std::max(1, std::max(picture.cols, picture.rows) / 300);
  for (const DetectionAnnotation& object : objects) draw_box(picture, object.box, kTruthColour, 2 * line, name_of(object.category), false);
  for (const DetectionResult& result : found)
    if (result.score >= confidence)
      draw_box(picture, result.box, kFoundColour, line, fmt::format("{} {:.2f}", name_of(result.category), result.score), true);
}

}  // namespace fovea
