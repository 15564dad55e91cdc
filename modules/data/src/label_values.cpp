#include "label_values.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <opencv2/core.hpp>

#include "fovea/base/error.hpp"
#include "fovea/vision/label_png.hpp"

namespace fovea {

namespace {

constexpr int kNoClass = -1;

template <class Value>
void mark_values(const cv::Mat& labels, std::vector<bool>& seen) {
  for (int y = 0; y < labels.rows; ++y) {
    const auto* row = labels.ptr<Value>(y);
    int last = -1;  // labels come in runs
    for (int x = 0; x < labels.cols; ++x)
      if (row[x] != last) seen[static_cast<std::size_t>(last = row[x])] = true;
  }
}

/// The place of the first pixel with this value.
template <class Value>
cv::Point place_of(const cv::Mat& labels, int value) {
  for (int y = 0; y < labels.rows; ++y)
    for (int x = 0; x < labels.cols; ++x)
      if (labels.at<Value>(y, x) == value) return {x, y};
  return {-1, -1};
}

template <class From, class To>
cv::Mat looked_up(const cv::Mat& labels, const std::vector<int>& table, int type) {
  cv::Mat indices(labels.size(), type);
  for (int y = 0; y < labels.rows; ++y) {
    const auto* in = labels.ptr<From>(y);
    auto* out = indices.ptr<To>(y);
    for (int x = 0; x < labels.cols; ++x) out[x] = static_cast<To>(table[in[x]]);
  }
  return indices;
}

}  // namespace

std::vector<std::int32_t> values_in(const cv::Mat& labels) {
  std::vector<bool> seen(labels.type() == CV_8UC1 ? 256 : 65'536);
  labels.type() == CV_8UC1 ? mark_values<std::uint8_t>(labels, seen) : mark_values<std::uint16_t>(labels, seen);
  std::vector<std::int32_t> values;
  for (std::size_t value = 0; value < seen.size(); ++value)
    if (seen[value]) values.push_back(static_cast<std::int32_t>(value));
  return values;
}

LabelValues::LabelValues(std::vector<int> values, std::optional<int> ignored, std::size_t classes)
    : values_(std::move(values)), ignored_(ignored), classes_(classes) {}

int LabelValues::ignored_value(int type) const { return ignored_.value_or(ignored_label(type)); }

cv::Mat LabelValues::to_indices(const cv::Mat& labels, int type, const std::string& file) const {
  const int ignored_index = ignored_label(type);
  std::vector<int> table(labels.type() == CV_8UC1 ? 256 : 65'536, values_.empty() ? kNoClass : ignored_index);
  if (values_.empty())
    for (std::size_t value = 0; value < std::min(classes_, table.size()); ++value) table[value] = static_cast<int>(value);
  const int ignored = ignored_value(labels.type());
  if (ignored >= 0 && static_cast<std::size_t>(ignored) < table.size()) table[static_cast<std::size_t>(ignored)] = ignored_index;
  for (std::size_t i = 0; i < values_.size(); ++i)
    if (static_cast<std::size_t>(values_[i]) < table.size()) table[static_cast<std::size_t>(values_[i])] = static_cast<int>(i);
  for (const std::int32_t value : values_in(labels)) {
    if (table[static_cast<std::size_t>(value)] != kNoClass) continue;
    const cv::Point place = labels.type() == CV_8UC1 ? place_of<std::uint8_t>(labels, value) : place_of<std::uint16_t>(labels, value);
    throw FileError(file, fmt::format("pixel ({}, {}) has the label {}, expected 0 to {}{}", place.x, place.y, value, classes_ - 1,
                                      ignored < 0 ? "" : fmt::format(" or {} (ignored)", ignored)));
  }
  if (labels.type() == CV_8UC1)
    return type == CV_8UC1 ? looked_up<std::uint8_t, std::uint8_t>(labels, table, type)
                           : looked_up<std::uint8_t, std::uint16_t>(labels, table, type);
  return type == CV_8UC1 ? looked_up<std::uint16_t, std::uint8_t>(labels, table, type)
                         : looked_up<std::uint16_t, std::uint16_t>(labels, table, type);
}

}  // namespace fovea
