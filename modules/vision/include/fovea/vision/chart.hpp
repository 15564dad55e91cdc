// Line charts: learning curves and the like.
#pragma once

#include <opencv2/core/mat.hpp>
#include <opencv2/core/types.hpp>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace fovea {

/// One line of a chart. A point with a coordinate that is not finite is a gap; a point between two gaps shows as a dot.
struct Series {
  std::string name;
  std::vector<cv::Point2d> points;
  std::vector<double> deviation = {};  ///< half the height of a band around each point; empty for none
};

struct ChartOptions {
  std::string title, x_label, y_label;
  cv::Size size = {900, 560};          ///< pixels, at least 240x180
  bool whole_x = false;                ///< x counts something: no ticks between whole numbers
  bool log_x = false;                  ///< equal ratios of x are equally far apart; x is positive
  std::optional<cv::Point2d> y_range;  ///< (low, high); by default what the points span, widened to whole steps
};

/// Where a chart's numbers lie in its picture.
struct ChartFrame {
  cv::Rect plot;                         ///< the area inside the axes, pixels
  cv::Point2d x_range, y_range;          ///< (low, high)
  std::vector<double> x_ticks, y_ticks;  ///< in the ranges; distances (of a logarithmic axis, values) are 1, 2 or 5 times a power of ten
  bool log_x = false;

  /// From the chart's numbers to pixels.
  cv::Point2d to_pixel(cv::Point2d point) const;
};

/// The frame that draw_chart uses. Throws OptionError for a size that is too small, a y_range that is empty or not finite, and an x of a
/// logarithmic axis that is not positive.
ChartFrame chart_frame(const ChartOptions& options, std::span<const Series> series);

/// BGR colour of series `index`: eight that colour-blind readers can tell apart, then again from the first.
/// Source: Okabe and Ito, "Color universal design", 2008.
cv::Scalar series_colour(std::size_t index);

/// Title, axes with labels and grid, one line per series, its band behind it, and a legend (none for a single series without a name).
/// Points outside a given y_range are cut off at the frame. Throws as chart_frame does.
cv::Mat draw_chart(const ChartOptions& options, std::span<const Series> series);

/// A chart, with its lines.
struct Chart {
  ChartOptions options;
  std::vector<Series> series;
};

/// One below the other, as an SVG file (W3C, SVG 1.1): the same frames, lines, bands and legends as draw_chart, with text that any program
/// can search. `id` begins the names of its parts, which differ between the pictures of one HTML page. Throws as chart_frame does.
std::string charts_to_svg(std::span<const Chart> charts, std::string_view id = "plot");
/// The same in pixels; narrower charts have white to their right.
cv::Mat draw_charts(std::span<const Chart> charts);

}  // namespace fovea
