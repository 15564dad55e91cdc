#include "fovea/evaluation/boundary_metrics.hpp"

#include <fmt/format.h>

#include <cmath>
#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>

#include "fovea/base/error.hpp"
#include "fovea/vision/label_png.hpp"

namespace fovea {

namespace {

/// 255 on the pixels of a class that have a neighbour of another label.
cv::Mat boundary_of(const cv::Mat& labels, int label) {
  const cv::Mat inside = labels == label;
  cv::Mat core;
  // The border of the image is repeated: it is no boundary.
  cv::erode(inside, core, cv::getStructuringElement(cv::MORPH_CROSS, {3, 3}), {-1, -1}, 1, cv::BORDER_REPLICATE);
  return inside & ~core;
}

/// 255 within `radius` pixels of a pixel of `boundary`.
cv::Mat near_to(const cv::Mat& boundary, double radius) {
  if (cv::countNonZero(boundary) == 0) return cv::Mat::zeros(boundary.size(), CV_8U);
  cv::Mat distance;
  cv::distanceTransform(~boundary, distance, cv::DIST_L2, cv::DIST_MASK_PRECISE);
  // Distances are roots of whole numbers: halfway to the next one no rounding decides.
  const double limit = std::sqrt(std::floor(radius * radius + 1e-9) + 0.5);
  return distance <= limit;
}

/// The share of the pixels of `part` that lie in `other`.
double share(const cv::Mat& part, const cv::Mat& other) {
  const int all = cv::countNonZero(part);
  return all == 0 ? 0 : cv::countNonZero(part & other) / static_cast<double>(all);
}

}  // namespace

BoundaryF1::BoundaryF1(std::int64_t classes, double tolerance)
    : tolerance_(tolerance), sums_(classes < 1 ? 0 : static_cast<std::size_t>(classes)) {
  if (classes < 1) throw OptionError(fmt::format("[BoundaryF1] wants at least one class, found {}", classes));
  if (!(tolerance >= 0 && tolerance <= 1))
    throw OptionError(fmt::format("[BoundaryF1] the tolerance is a share of the diagonal from 0 to 1, found {}", tolerance));
}

void BoundaryF1::add(const cv::Mat& truth, const cv::Mat& prediction) {
  const bool fits = truth.type() == prediction.type() && truth.size() == prediction.size() && !truth.empty();
  if (!fits || (truth.type() != CV_8UC1 && truth.type() != CV_16UC1))
    throw ShapeError(fmt::format(
        "[BoundaryF1] wants two label maps of 8 or 16 bits in one size, found {}x{} of type {} and {}x{} of type {}", truth.cols,
        truth.rows, cv::typeToString(truth.type()), prediction.cols, prediction.rows, cv::typeToString(prediction.type())));
  const double radius = tolerance_ * std::hypot(truth.cols, truth.rows);
  const cv::Mat judged = truth != ignored_label(truth.type());
  for (std::size_t c = 0; c < sums_.size(); ++c) {
    const cv::Mat wanted = boundary_of(truth, static_cast<int>(c)), all_found = boundary_of(prediction, static_cast<int>(c));
    const cv::Mat found = all_found & judged;
    if (cv::countNonZero(wanted) == 0 && cv::countNonZero(found) == 0) continue;
    const double precision = share(found, near_to(wanted, radius)), recall = share(wanted, near_to(all_found, radius));
    sums_[c].f1 += precision + recall == 0 ? 0 : 2 * precision * recall / (precision + recall);
    ++sums_[c].images;
  }
}

void BoundaryF1::add(const BoundaryF1& other) {
  if (other.sums_.size() != sums_.size() || other.tolerance_ != tolerance_)
    throw OptionError(fmt::format("[BoundaryF1] wants {} classes and the tolerance {}, found {} and {}", sums_.size(), tolerance_,
                                  other.sums_.size(), other.tolerance_));
  for (std::size_t c = 0; c < sums_.size(); ++c) sums_[c].f1 += other.sums_[c].f1, sums_[c].images += other.sums_[c].images;
}

std::vector<std::optional<double>> BoundaryF1::per_class() const {
  std::vector<std::optional<double>> means;
  for (const Sum& sum : sums_) means.push_back(sum.images == 0 ? std::nullopt : std::optional(sum.f1 / static_cast<double>(sum.images)));
  return means;
}

double BoundaryF1::mean() const {
  double sum = 0;
  int count = 0;
  for (const std::optional<double>& value : per_class())
    if (value) sum += *value, ++count;
  return count == 0 ? 0 : sum / count;
}

}  // namespace fovea
