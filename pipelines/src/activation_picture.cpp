#include "fovea/pipelines/activation_picture.hpp"

#include <fmt/format.h>

#include <opencv2/core.hpp>

#include "fovea/base/error.hpp"
#include "fovea/vision/chart.hpp"

namespace fovea {

namespace {

constexpr int kColumns = 3;
const cv::Size kChart{480, 300};

cv::Mat draw_one(const ActivationStatistics& s) {
  Series shares;
  const auto bins = static_cast<double>(s.histogram.size()), count = static_cast<double>(s.shape.numel());
  for (std::size_t i = 0; i < s.histogram.size(); ++i) {
    const double middle = s.minimum + (static_cast<double>(i) + 0.5) / bins * (s.maximum - s.minimum);
    shares.points.emplace_back(middle, static_cast<double>(s.histogram[i]) / count);
  }
  const std::string title = fmt::format("{} {}: {:.3g} +- {:.3g}", s.layer, s.operation, s.mean, s.deviation);
  const std::string below = fmt::format("{:.0f} % zeros, {:.0f} % of channels dead", 100 * s.zeros, 100 * s.dead_channels);
  return draw_chart({.title = title, .x_label = below, .y_label = "share", .size = kChart}, std::span(&shares, 1));
}

}  // namespace

cv::Mat draw_activation_statistics(std::span<const ActivationStatistics> statistics) {
  if (statistics.empty()) throw OptionError("there are no statistics of activations to draw");
  const int count = static_cast<int>(statistics.size()), rows = (count + kColumns - 1) / kColumns;
  cv::Mat sheet(rows * kChart.height, std::min(count, kColumns) * kChart.width, CV_8UC3, cv::Scalar::all(255));
  for (int i = 0; i < count; ++i) {
    const cv::Rect place(i % kColumns * kChart.width, i / kColumns * kChart.height, kChart.width, kChart.height);
    draw_one(statistics[static_cast<std::size_t>(i)]).copyTo(sheet(place));
  }
  return sheet;
}

}  // namespace fovea
