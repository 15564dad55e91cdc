// Where the parts of a chart lie: shared by its pictures in pixels and in vectors.
#pragma once

#include <cmath>
#include <string>

#include "fovea/vision/chart.hpp"
#include "text_painter.hpp"

namespace fovea {

inline const TextPainter kChartTitle(13), kChartLabel(10), kChartTick(9);
inline constexpr int kLegendSwatch = 24, kLegendPad = 8;

inline bool is_drawable(cv::Point2d point) { return std::isfinite(point.x) && std::isfinite(point.y); }

/// What stands at a tick of the axis that has these ticks.
std::string tick_label(double value, const std::vector<double>& ticks, bool logarithmic);

/// The runs of neighbouring points that are drawable, as indices [first, last).
std::vector<std::pair<std::size_t, std::size_t>> drawable_runs(const Series& series);

/// The outline of the band around points [first, last): along its upper edge, and back along the lower one.
std::vector<cv::Point2d> band_outline(const ChartFrame& frame, const Series& series, std::size_t first, std::size_t last);

struct Legend {
  cv::Rect box;
  int text_width;

  /// The middle of entry i's line.
  int middle(std::size_t i) const { return box.y + kLegendPad / 2 + static_cast<int>(i) * line_height() + line_height() / 2; }
  static int line_height() { return kChartTick.line_height() + 2; }
};
/// None for a single series without a name.
std::optional<Legend> chart_legend(const ChartFrame& frame, std::span<const Series> series);

}  // namespace fovea
