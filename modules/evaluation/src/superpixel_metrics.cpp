#include "fovea/evaluation/superpixel_metrics.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <numbers>
#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>
#include <unordered_map>
#include <vector>

#include "fovea/base/error.hpp"
#include "fovea/vision/label_boundaries.hpp"

namespace fovea {

namespace {

/// Pixels that a superpixel and a segment have in common.
struct Overlap {
  std::int32_t superpixel;
  std::int64_t pixels;
};

/// Every pair that meets, by superpixel.
std::vector<Overlap> overlaps(const cv::Mat& labels, const cv::Mat& truth) {
  std::vector<std::uint64_t> pairs;
  pairs.reserve(labels.total());
  for (int y = 0; y < labels.rows; ++y) {
    const auto *const row = labels.ptr<std::int32_t>(y), *const segment = truth.ptr<std::int32_t>(y);
    for (int x = 0; x < labels.cols; ++x)
      pairs.push_back(std::uint64_t{static_cast<std::uint32_t>(row[x])} << 32 | static_cast<std::uint32_t>(segment[x]));
  }
  std::sort(pairs.begin(), pairs.end());
  std::vector<Overlap> list;
  for (std::size_t begin = 0, end = 0; begin < pairs.size(); begin = end) {
    while (end < pairs.size() && pairs[end] == pairs[begin]) ++end;
    list.push_back({static_cast<std::int32_t>(pairs[begin] >> 32), static_cast<std::int64_t>(end - begin)});
  }
  return list;
}

struct Shape {
  std::int64_t area = 0, perimeter = 0;
};

std::unordered_map<std::int32_t, Shape> shapes(const cv::Mat& labels) {
  std::unordered_map<std::int32_t, Shape> list;
  for (int y = 0; y < labels.rows; ++y)
    for (int x = 0; x < labels.cols; ++x) {
      const std::int32_t label = labels.at<std::int32_t>(y, x);
      const auto differs = [&](int row, int column) {
        return row < 0 || column < 0 || row >= labels.rows || column >= labels.cols || labels.at<std::int32_t>(row, column) != label;
      };
      Shape& shape = list[label];
      ++shape.area;
      shape.perimeter += differs(y - 1, x) + differs(y + 1, x) + differs(y, x - 1) + differs(y, x + 1);
    }
  return list;
}

/// The share of `boundary` that lies within the tolerance of `other`.
double found(const cv::Mat& boundary, const cv::Mat& other, int tolerance) {
  const int all = cv::countNonZero(boundary);
  if (all == 0) return 1;
  cv::Mat near;
  cv::dilate(other, near, cv::Mat::ones(2 * tolerance + 1, 2 * tolerance + 1, CV_8U));
  return cv::countNonZero(boundary & near) / static_cast<double>(all);
}

void check_labels(const cv::Mat& labels, const cv::Mat& truth) {
  if (labels.empty() || labels.type() != CV_32SC1 || truth.type() != CV_32SC1 || truth.size() != labels.size())
    throw ShapeError(
        fmt::format("[superpixel_metrics] wants labels and ground truths of 32-bit integers in one size, found {}x{} of type {} "
                    "and {}x{} of type {}",
                    labels.cols, labels.rows, cv::typeToString(labels.type()), truth.cols, truth.rows, cv::typeToString(truth.type())));
}

}  // namespace

SuperpixelMetrics superpixel_metrics(const cv::Mat& labels, std::span<const cv::Mat> ground_truths,
                                     const SuperpixelMetricsOptions& options) {
  if (ground_truths.empty()) throw OptionError("[superpixel_metrics] wants at least one ground truth");
  if (options.tolerance < 0)
    throw OptionError(fmt::format("[superpixel_metrics] the tolerance is 0 pixels or more, found {}", options.tolerance));
  for (const cv::Mat& truth : ground_truths) check_labels(labels, truth);
  const auto pixels = static_cast<double>(labels.total()), people = static_cast<double>(ground_truths.size());
  const std::unordered_map<std::int32_t, Shape> superpixels = shapes(labels);
  SuperpixelMetrics metrics{.regions = static_cast<std::int64_t>(superpixels.size())};
  double compactness = 0;
  for (const auto& [label, shape] : superpixels) {
    const auto area = static_cast<double>(shape.area), perimeter = static_cast<double>(shape.perimeter);
    compactness += area * 4 * std::numbers::pi * area / (perimeter * perimeter);
  }
  metrics.compactness = compactness / pixels;
  const cv::Mat boundaries = label_boundaries(labels);
  for (const cv::Mat& truth : ground_truths) {
    const cv::Mat truth_boundaries = label_boundaries(truth);
    metrics.boundary_recall += found(truth_boundaries, boundaries, options.tolerance) / people;
    metrics.boundary_precision += found(boundaries, truth_boundaries, options.tolerance) / people;
    std::int64_t errors = 0;
    std::unordered_map<std::int32_t, std::int64_t> largest;
    for (const Overlap& overlap : overlaps(labels, truth)) {
      errors += std::min(overlap.pixels, superpixels.at(overlap.superpixel).area - overlap.pixels);
      std::int64_t& best = largest[overlap.superpixel];
      best = std::max(best, overlap.pixels);
    }
    std::int64_t right = 0;
    for (const auto& [label, best] : largest) right += best;
    metrics.undersegmentation_error += static_cast<double>(errors) / pixels / people;
    metrics.achievable_accuracy += static_cast<double>(right) / pixels / people;
  }
  return metrics;
}

SuperpixelMetrics mean_of(std::span<const SuperpixelMetrics> images) {
  SuperpixelMetrics mean;
  if (images.empty()) return mean;
  const auto count = static_cast<double>(images.size());
  double regions = 0;
  for (const SuperpixelMetrics& image : images) {
    regions += static_cast<double>(image.regions) / count;
    mean.boundary_recall += image.boundary_recall / count;
    mean.boundary_precision += image.boundary_precision / count;
    mean.undersegmentation_error += image.undersegmentation_error / count;
    mean.achievable_accuracy += image.achievable_accuracy / count;
    mean.compactness += image.compactness / count;
  }
  mean.regions = std::llround(regions);
  return mean;
}

Json to_json(const SuperpixelMetrics& metrics) {
  return {{"regions", metrics.regions},
          {"boundary_recall", metrics.boundary_recall},
          {"boundary_precision", metrics.boundary_precision},
          {"undersegmentation_error", metrics.undersegmentation_error},
          {"achievable_accuracy", metrics.achievable_accuracy},
          {"compactness", metrics.compactness}};
}

}  // namespace fovea
