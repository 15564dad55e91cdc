#include "fovea/evaluation/segmentation_metrics.hpp"

#include <fmt/format.h>

#include <cstring>
#include <limits>
#include <opencv2/core.hpp>

#include "fovea/base/error.hpp"

namespace fovea {

namespace {

/// Adds a row of pixels to `counts`, whose rows and columns `places` gives for labels. Eight labels are looked at once: most of a map is
/// flat.
template <class Label>
void count_row(const Label* truth, const Label* prediction, int width, const std::vector<std::int64_t>& places, std::int64_t stride,
               std::vector<std::int64_t>& counts) {
  constexpr int kStep = static_cast<int>(sizeof(std::uint64_t) / sizeof(Label));
  constexpr std::uint64_t kOnes = ~std::uint64_t{0} / std::numeric_limits<Label>::max();
  const auto count = [&](int x, int pixels) {
    counts[static_cast<std::size_t>(places[truth[x]] * stride + places[prediction[x]])] += pixels;
  };
  int x = 0;
  for (std::uint64_t a = 0, b = 0; x + kStep <= width; x += kStep) {
    std::memcpy(&a, truth + x, sizeof(a));
    std::memcpy(&b, prediction + x, sizeof(b));
    if (a == kOnes * truth[x] && b == kOnes * prediction[x])
      count(x, kStep);
    else
      for (int k = 0; k < kStep; ++k) count(x + k, 1);
  }
  for (; x < width; ++x) count(x, 1);
}

/// Throws for the first label that is neither a class nor none.
template <class Label>
void require_labels(const cv::Mat& labels, std::int64_t classes, const char* kind) {
  constexpr int kNone = std::numeric_limits<Label>::max();
  for (int y = 0; y < labels.rows; ++y)
    for (int x = 0; x < labels.cols; ++x)
      if (const int label = labels.at<Label>(y, x); label >= classes && label != kNone)
        throw OptionError(fmt::format("[PixelConfusion] pixel ({}, {}) of the {} has the label {}, expected 0 to {} or {} for none", x, y,
                                      kind, label, classes - 1, kNone));
}

std::optional<double> ratio(std::int64_t part, std::int64_t whole) {
  if (whole == 0) return std::nullopt;
  return static_cast<double>(part) / static_cast<double>(whole);
}

/// The mean of those that are there; 0 when none is.
double mean_of(const std::vector<ClassSegmentation>& classes, std::optional<double> ClassSegmentation::*number) {
  double sum = 0;
  int count = 0;
  for (const ClassSegmentation& entry : classes)
    if (const std::optional<double>& value = entry.*number) sum += *value, ++count;
  return count == 0 ? 0 : sum / count;
}

}  // namespace

PixelConfusion::PixelConfusion(std::int64_t classes)
    : classes_(classes), counts_(classes < 1 ? 0 : static_cast<std::size_t>(classes * (classes + 1))) {
  if (classes < 1) throw OptionError(fmt::format("[PixelConfusion] wants at least one class, found {}", classes));
}

template <class Label>
void PixelConfusion::add_rows(const cv::Mat& truth, const cv::Mat& prediction) {
  constexpr std::size_t kLabels = std::size_t{std::numeric_limits<Label>::max()} + 1;
  const std::int64_t none = classes_, wrong = classes_ + 1, stride = classes_ + 2;
  std::vector<std::int64_t> places(kLabels, wrong), counts(static_cast<std::size_t>(stride * stride));
  for (std::size_t label = 0; label < kLabels && static_cast<std::int64_t>(label) < classes_; ++label)
    places[label] = static_cast<std::int64_t>(label);
  if (places.back() == wrong) places.back() = none;
  for (int y = 0; y < truth.rows; ++y) count_row(truth.ptr<Label>(y), prediction.ptr<Label>(y), truth.cols, places, stride, counts);
  const auto at = [&](std::int64_t i, std::int64_t j) { return counts[static_cast<std::size_t>(i * stride + j)]; };
  for (std::int64_t i = 0; i < stride; ++i) {
    if (at(wrong, i) > 0) require_labels<Label>(truth, classes_, "ground truth");
    if (at(i, wrong) > 0) require_labels<Label>(prediction, classes_, "prediction");
  }
  for (std::int64_t i = 0; i <= classes_; ++i)
    for (std::int64_t j = 0; j <= classes_; ++j) (i < classes_ ? counts_[index(i, j)] : ignored_) += at(i, j);
}

void PixelConfusion::add(const cv::Mat& truth, const cv::Mat& prediction) {
  const bool fits = truth.type() == prediction.type() && truth.size() == prediction.size();
  if (!fits || (truth.type() != CV_8UC1 && truth.type() != CV_16UC1))
    throw ShapeError(fmt::format(
        "[PixelConfusion] wants two label maps of 8 or 16 bits in one size, found {}x{} of type {} and {}x{} of type {}", truth.cols,
        truth.rows, cv::typeToString(truth.type()), prediction.cols, prediction.rows, cv::typeToString(prediction.type())));
  truth.type() == CV_8UC1 ? add_rows<std::uint8_t>(truth, prediction) : add_rows<std::uint16_t>(truth, prediction);
}

void PixelConfusion::add(const PixelConfusion& other) {
  if (other.classes_ != classes_)
    throw OptionError(fmt::format("[PixelConfusion] wants a matrix of {} classes, found one of {}", classes_, other.classes_));
  for (std::size_t i = 0; i < counts_.size(); ++i) counts_[i] += other.counts_[i];
  ignored_ += other.ignored_;
}

SegmentationMetrics segmentation_metrics(const PixelConfusion& confusion) {
  const std::int64_t classes = confusion.classes();
  SegmentationMetrics metrics{.ignored = confusion.ignored(),
                              .per_class = std::vector<ClassSegmentation>(static_cast<std::size_t>(classes))};
  std::int64_t right = 0;
  for (std::int64_t i = 0; i < classes; ++i)
    for (std::int64_t j = 0; j <= classes; ++j) {
      const std::int64_t count = confusion.count(i, j);
      metrics.pixels += count;
      metrics.per_class[static_cast<std::size_t>(i)].pixels += count;
      if (j < classes) metrics.per_class[static_cast<std::size_t>(j)].predicted += count;
      if (i == j) right += count;
    }
  double weighted = 0;
  for (std::int64_t i = 0; i < classes; ++i) {
    ClassSegmentation& entry = metrics.per_class[static_cast<std::size_t>(i)];
    const std::int64_t both = confusion.count(i, i);
    entry.iou = ratio(both, entry.pixels + entry.predicted - both);
    entry.accuracy = ratio(both, entry.pixels);
    entry.dice = ratio(2 * both, entry.pixels + entry.predicted);
    weighted += static_cast<double>(entry.pixels) * entry.iou.value_or(0);
  }
  metrics.pixel_accuracy = ratio(right, metrics.pixels).value_or(0);
  metrics.mean_accuracy = mean_of(metrics.per_class, &ClassSegmentation::accuracy);
  metrics.mean_iou = mean_of(metrics.per_class, &ClassSegmentation::iou);
  metrics.mean_dice = mean_of(metrics.per_class, &ClassSegmentation::dice);
  if (metrics.pixels > 0) metrics.frequency_weighted_iou = weighted / static_cast<double>(metrics.pixels);
  return metrics;
}

}  // namespace fovea
