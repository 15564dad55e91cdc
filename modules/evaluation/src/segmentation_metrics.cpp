#include "fovea/evaluation/segmentation_metrics.hpp"

#include <fmt/format.h>

#include <cstring>
#include <limits>
#include <opencv2/core.hpp>

#include "fovea/base/error.hpp"

namespace fovea {

namespace {

/// The length of the run from `x` on in which neither row changes. Eight labels are compared at once: most of a map is flat.
template <class Label>
int run_length(const Label* truth, const Label* prediction, int x, int width) {
  constexpr int kStep = static_cast<int>(sizeof(std::uint64_t) / sizeof(Label));
  constexpr std::uint64_t kOnes = ~std::uint64_t{0} / std::numeric_limits<Label>::max();
  const std::uint64_t flat_truth = kOnes * truth[x], flat_prediction = kOnes * prediction[x];
  int end = x + 1;
  for (std::uint64_t a = 0, b = 0; end + kStep <= width; end += kStep) {
    std::memcpy(&a, truth + end, sizeof(a));
    std::memcpy(&b, prediction + end, sizeof(b));
    if (((a ^ flat_truth) | (b ^ flat_prediction)) != 0) break;
  }
  while (end < width && truth[end] == truth[x] && prediction[end] == prediction[x]) ++end;
  return end - x;
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
    : classes_(classes), counts_(classes < 1 ? 0 : static_cast<std::size_t>((classes + 1) * (classes + 1))) {
  if (classes < 1) throw OptionError(fmt::format("[PixelConfusion] wants at least one class, found {}", classes));
}

template <class Label>
void PixelConfusion::add_rows(const cv::Mat& truth, const cv::Mat& prediction) {
  constexpr int kNone = std::numeric_limits<Label>::max();
  const auto place_of = [&](int label, const char* kind, int x, int y) -> std::int64_t {
    if (label < classes_) return label;
    if (label == kNone) return classes_;
    throw OptionError(fmt::format("[PixelConfusion] pixel ({}, {}) of the {} has the label {}, expected 0 to {} or {} for none", x, y, kind,
                                  label, classes_ - 1, kNone));
  };
  for (int y = 0; y < truth.rows; ++y) {
    const auto *const row = truth.ptr<Label>(y), *const predicted = prediction.ptr<Label>(y);
    for (int x = 0; x < truth.cols;) {
      const int length = run_length(row, predicted, x, truth.cols);
      counts_[index(place_of(row[x], "ground truth", x, y), place_of(predicted[x], "prediction", x, y))] += length;
      x += length;
    }
  }
}

void PixelConfusion::add(const cv::Mat& truth, const cv::Mat& prediction) {
  const bool fits = truth.type() == prediction.type() && truth.size() == prediction.size();
  if (!fits || (truth.type() != CV_8UC1 && truth.type() != CV_16UC1))
    throw ShapeError(fmt::format(
        "[PixelConfusion] wants two label maps of 8 or 16 bits in one size, found {}x{} of type {} and {}x{} of type {}", truth.cols,
        truth.rows, cv::typeToString(truth.type()), prediction.cols, prediction.rows, cv::typeToString(prediction.type())));
  PixelConfusion image(classes_);  // nothing of an image that is refused is counted
  truth.type() == CV_8UC1 ? image.add_rows<std::uint8_t>(truth, prediction) : image.add_rows<std::uint16_t>(truth, prediction);
  for (std::int64_t j = 0; j <= classes_; ++j) image.ignored_ += image.count(classes_, j);
  add(image);
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
