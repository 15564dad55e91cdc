#include "chart_layout.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "fovea/base/error.hpp"

namespace fovea {

namespace {

/// The distance of about `count` ticks over `span`: 1, 2 or 5 times a power of ten.
double tick_step(double span, int count) {
  const double wanted = span / count;
  const double power = std::pow(10, std::floor(std::log10(wanted)));
  for (const double factor : {1.0, 2.0, 5.0})
    if (factor * power >= wanted * 0.999) return factor * power;
  return 10 * power;
}

/// What collects the least and the largest of numbers; a level range is widened.
class Span {
 public:
  void add(double value) {
    low_ = std::min(low_, value);
    high_ = std::max(high_, value);
  }
  cv::Point2d range() const {
    if (low_ > high_) return {0, 1};
    const double least = std::max({1e-9, std::abs(low_) * 1e-9});  // a level line, or a single point
    return high_ - low_ > least ? cv::Point2d(low_, high_) : cv::Point2d(low_ - 0.5, high_ + 0.5);
  }

 private:
  double low_ = std::numeric_limits<double>::infinity(), high_ = -std::numeric_limits<double>::infinity();
};

/// Half the height of the band at a point; 0 without one.
double deviation_at(const Series& series, std::size_t i) {
  return i < series.deviation.size() && std::isfinite(series.deviation[i]) ? series.deviation[i] : 0;
}

cv::Point2d span_of_x(std::span<const Series> series, bool logarithmic) {
  Span span;
  for (const Series& line : series)
    for (const cv::Point2d& point : line.points) {
      if (!is_drawable(point)) continue;
      if (logarithmic && !(point.x > 0)) throw OptionError(fmt::format("[chart] a logarithmic axis wants positive x, found {}", point.x));
      span.add(logarithmic ? std::log10(point.x) : point.x);
    }
  const cv::Point2d range = span.range();
  return logarithmic ? cv::Point2d(std::pow(10, range.x), std::pow(10, range.y)) : range;
}

cv::Point2d span_of_y(std::span<const Series> series) {
  Span span;
  for (const Series& line : series)
    for (std::size_t i = 0; i < line.points.size(); ++i)
      for (const int side : {-1, 1})
        if (is_drawable(line.points[i])) span.add(line.points[i].y + side * deviation_at(line, i));
  return span.range();
}

/// Multiples of the step in the range. Counted, not summed up: no tick is lost to rounding, and zero is 0.
std::vector<double> ticks_in(cv::Point2d range, double step) {
  std::vector<double> ticks;
  const double first = std::ceil(range.x / step - 1e-6), last = std::floor(range.y / step + 1e-6);
  for (double i = first; i <= last; ++i) ticks.push_back(i * step + 0.0);  // never -0
  return ticks;
}

/// Powers of ten, and 2 and 5 times them where fewer than two decades are shown.
std::vector<double> logarithmic_ticks(cv::Point2d range) {
  const bool fine = range.y / range.x < 100;
  std::vector<double> ticks;
  for (double power = std::floor(std::log10(range.x)); power <= std::ceil(std::log10(range.y)); ++power)
    for (const double factor : {1.0, 2.0, 5.0}) {
      const double tick = factor * std::pow(10, power);
      if ((fine || factor == 1) && tick >= range.x * (1 - 1e-9) && tick <= range.y * (1 + 1e-9)) ticks.push_back(tick);
    }
  return ticks;
}

/// The corner of the plot that the lines enter least.
cv::Point legend_place(const ChartFrame& frame, std::span<const Series> series, cv::Size legend) {
  constexpr int kMargin = 10;
  const cv::Rect& plot = frame.plot;
  const int left = plot.x + kMargin, right = plot.br().x - kMargin - legend.width;
  const int top = plot.y + kMargin, bottom = plot.br().y - kMargin - legend.height;
  cv::Point best;
  int least = std::numeric_limits<int>::max();
  for (const cv::Point corner : {cv::Point(right, top), cv::Point(right, bottom), cv::Point(left, top), cv::Point(left, bottom)}) {
    const cv::Rect2d box(corner, legend);
    int covered = 0;
    for (const Series& line : series)
      for (const cv::Point2d& point : line.points) covered += is_drawable(point) && box.contains(frame.to_pixel(point));
    if (covered < least) {
      least = covered;
      best = corner;
    }
  }
  return best;
}

}  // namespace

std::string tick_label(double value, const std::vector<double>& ticks, bool logarithmic) {
  const double step = ticks.size() > 1 ? ticks[1] - ticks[0] : 1;
  if (logarithmic || (value != 0 && (std::abs(value) >= 1e6 || step < 1e-6))) return fmt::format("{:.3g}", value);
  const int decimals = std::clamp(static_cast<int>(-std::floor(std::log10(step) + 1e-9)), 0, 6);
  return fmt::format("{:.{}f}", value, decimals);
}

std::vector<std::pair<std::size_t, std::size_t>> drawable_runs(const Series& series) {
  std::vector<std::pair<std::size_t, std::size_t>> runs;
  for (std::size_t i = 0; i < series.points.size(); ++i) {
    if (!is_drawable(series.points[i])) continue;
    if (!runs.empty() && runs.back().second == i)
      ++runs.back().second;
    else
      runs.emplace_back(i, i + 1);
  }
  return runs;
}

std::vector<cv::Point2d> band_outline(const ChartFrame& frame, const Series& series, std::size_t first, std::size_t last) {
  std::vector<cv::Point2d> outline;
  const auto add = [&](std::size_t i, int side) {
    outline.push_back(frame.to_pixel(series.points[i] + cv::Point2d(0, side * deviation_at(series, i))));
  };
  for (std::size_t i = first; i < last; ++i) add(i, 1);
  for (std::size_t i = last; i > first; --i) add(i - 1, -1);
  return outline;
}

std::optional<Legend> chart_legend(const ChartFrame& frame, std::span<const Series> series) {
  if (series.empty() || (series.size() == 1 && series[0].name.empty())) return std::nullopt;
  int text_width = 0;
  for (const Series& line : series) text_width = std::max(text_width, kChartTick.width_of(line.name));
  text_width = std::min(text_width, frame.plot.width / 2 - kLegendSwatch - 4 * kLegendPad);
  const cv::Size size(text_width + kLegendSwatch + 3 * kLegendPad, static_cast<int>(series.size()) * Legend::line_height() + kLegendPad);
  return Legend{{legend_place(frame, series, size), size}, text_width};
}

cv::Point2d ChartFrame::to_pixel(cv::Point2d point) const {
  const auto share = [](double value, double low, double high) { return (value - low) / (high - low); };
  const double x = log_x ? share(std::log(point.x), std::log(x_range.x), std::log(x_range.y)) : share(point.x, x_range.x, x_range.y);
  return {plot.x + x * plot.width, plot.br().y - share(point.y, y_range.x, y_range.y) * plot.height};
}

ChartFrame chart_frame(const ChartOptions& options, std::span<const Series> series) {
  if (options.size.width < 240 || options.size.height < 180)
    throw OptionError(fmt::format("[chart] size is {}x{}, expected at least 240x180", options.size.width, options.size.height));
  ChartFrame frame;
  frame.log_x = options.log_x;
  frame.x_range = span_of_x(series, options.log_x);
  frame.y_range = options.y_range.value_or(span_of_y(series));
  if (!is_drawable(frame.y_range) || !(frame.y_range.x < frame.y_range.y))
    throw OptionError(fmt::format("[chart] y_range is {} to {}, expected low < high", frame.y_range.x, frame.y_range.y));

  constexpr int kTop = 44, kBottom = 56, kRight = 28, kLeft = 40, kPixelsPerX = 80, kPixelsPerY = 55;
  const int height = options.size.height - kTop - kBottom;
  const double y_step = tick_step(frame.y_range.y - frame.y_range.x, std::max(2, height / kPixelsPerY));
  if (!options.y_range)
    frame.y_range = {std::floor(frame.y_range.x / y_step + 1e-9) * y_step, std::ceil(frame.y_range.y / y_step - 1e-9) * y_step};
  frame.y_ticks = ticks_in(frame.y_range, y_step);
  int widest = 0;
  for (const double tick : frame.y_ticks) widest = std::max(widest, kChartTick.width_of(tick_label(tick, frame.y_ticks, false)));
  frame.plot = {kLeft + widest, kTop, options.size.width - kLeft - widest - kRight, height};

  if (options.log_x) {
    frame.x_ticks = logarithmic_ticks(frame.x_range);
    return frame;
  }
  const double fine_step = tick_step(frame.x_range.y - frame.x_range.x, std::max(2, frame.plot.width / kPixelsPerX));
  const double x_step = options.whole_x ? std::max(1.0, fine_step) : fine_step;
  frame.x_ticks = ticks_in(frame.x_range, x_step);
  return frame;
}

cv::Scalar series_colour(std::size_t index) {
  static const cv::Scalar kColours[] = {{178, 114, 0}, {0, 94, 213},   {115, 158, 0},  {167, 121, 204},
                                        {0, 159, 230}, {233, 180, 86}, {66, 228, 240}, {0, 0, 0}};
  return kColours[index % std::size(kColours)];
}

}  // namespace fovea
