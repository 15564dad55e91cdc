#include "fovea/vision/chart.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>

#include "fovea/base/error.hpp"
#include "text_painter.hpp"

namespace fovea {

namespace {

const cv::Scalar kPaper(255, 255, 255), kGrid(225, 225, 225), kAxis(90, 90, 90);
const TextPainter kTitleText(13), kLabelText(10), kTickText(9);

bool is_drawable(cv::Point2d point) { return std::isfinite(point.x) && std::isfinite(point.y); }

/// The distance of about `count` ticks over `span`: 1, 2 or 5 times a power of ten.
double tick_step(double span, int count) {
  const double wanted = span / count;
  const double power = std::pow(10, std::floor(std::log10(wanted)));
  for (const double factor : {1.0, 2.0, 5.0})
    if (factor * power >= wanted * 0.999) return factor * power;
  return 10 * power;
}

/// What the finite values span; never empty.
cv::Point2d span_of(std::span<const Series> series, double cv::Point2d::*axis) {
  double low = std::numeric_limits<double>::infinity(), high = -low;
  for (const Series& line : series)
    for (const cv::Point2d& point : line.points)
      if (is_drawable(point)) {
        low = std::min(low, point.*axis);
        high = std::max(high, point.*axis);
      }
  if (low > high) return {0, 1};
  const double least = std::max({1e-9, std::abs(low) * 1e-9});  // a level line, or a single point
  return high - low > least ? cv::Point2d(low, high) : cv::Point2d(low - 0.5, high + 0.5);
}

/// Multiples of the step in the range. Counted, not summed up: no tick is lost to rounding, and zero is 0.
std::vector<double> ticks_in(cv::Point2d range, double step) {
  std::vector<double> ticks;
  const double first = std::ceil(range.x / step - 1e-6), last = std::floor(range.y / step + 1e-6);
  for (double i = first; i <= last; ++i) ticks.push_back(i * step + 0.0);  // never -0
  return ticks;
}

std::string tick_label(double value, double step) {
  const int decimals = std::clamp(static_cast<int>(-std::floor(std::log10(step) + 1e-9)), 0, 6);
  if (value != 0 && (std::abs(value) >= 1e6 || step < 1e-6)) return fmt::format("{:.3g}", value);
  return fmt::format("{:.{}f}", value, decimals);
}

double step_of(const std::vector<double>& ticks) { return ticks.size() > 1 ? ticks[1] - ticks[0] : 1; }

/// cv::line takes integers with fractional bits: curves stay smooth.
constexpr int kFractionBits = 4;
cv::Point with_fraction(cv::Point2d pixel) {
  return {static_cast<int>(std::lround(pixel.x * (1 << kFractionBits))), static_cast<int>(std::lround(pixel.y * (1 << kFractionBits)))};
}

void draw_axes(cv::Mat& image, const ChartOptions& options, const ChartFrame& frame) {
  const cv::Rect& plot = frame.plot;
  for (const double tick : frame.x_ticks) {
    const int x = static_cast<int>(std::lround(frame.to_pixel({tick, frame.y_range.x}).x));
    cv::line(image, {x, plot.y}, {x, plot.br().y}, kGrid);
    kTickText.draw(image, tick_label(tick, step_of(frame.x_ticks)), {x, plot.br().y + 14}, TextPainter::Align::centre);
  }
  for (const double tick : frame.y_ticks) {
    const int y = static_cast<int>(std::lround(frame.to_pixel({frame.x_range.x, tick}).y));
    cv::line(image, {plot.x, y}, {plot.br().x, y}, kGrid);
    kTickText.draw(image, tick_label(tick, step_of(frame.y_ticks)), {plot.x - 8, y}, TextPainter::Align::right);
  }
  cv::rectangle(image, plot.tl(), plot.br(), kAxis);
  const cv::Point middle(plot.x + plot.width / 2, plot.y + plot.height / 2);
  kTitleText.draw(image, kTitleText.fitted(options.title, image.cols - 20), {middle.x, 22}, TextPainter::Align::centre);
  kLabelText.draw(image, kLabelText.fitted(options.x_label, plot.width), {middle.x, plot.br().y + 38}, TextPainter::Align::centre);
  kLabelText.draw_upward(image, kLabelText.fitted(options.y_label, plot.height), {16, middle.y}, TextPainter::Align::centre);
}

void draw_line(cv::Mat& plot_pixels, const ChartFrame& frame, const Series& series, cv::Scalar colour) {
  // Far outside the plot: what a pixel coordinate may at most be before the line is clipped.
  constexpr double kFar = 1e6;
  const auto place = [&](std::size_t i) {
    const cv::Point2d pixel = frame.to_pixel(series.points[i]) - cv::Point2d(frame.plot.tl());
    return with_fraction({std::clamp(pixel.x, -kFar, kFar), std::clamp(pixel.y, -kFar, kFar)});
  };
  const auto drawable = [&](std::size_t i) { return i < series.points.size() && is_drawable(series.points[i]); };
  for (std::size_t i = 0; i < series.points.size(); ++i) {
    if (!drawable(i)) continue;
    const bool joined_before = i > 0 && drawable(i - 1);
    if (joined_before) cv::line(plot_pixels, place(i - 1), place(i), colour, 2, cv::LINE_AA, kFractionBits);
    if (!joined_before && !drawable(i + 1))
      cv::circle(plot_pixels, place(i), 4 << kFractionBits, colour, cv::FILLED, cv::LINE_AA, kFractionBits);
  }
}

int legend_line() { return kTickText.line_height() + 2; }

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

void draw_legend(cv::Mat& image, const ChartFrame& frame, std::span<const Series> series) {
  if (series.empty() || (series.size() == 1 && series[0].name.empty())) return;
  constexpr int kSwatch = 24, kPad = 8;
  int text_width = 0;
  for (const Series& line : series) text_width = std::max(text_width, kTickText.width_of(line.name));
  text_width = std::min(text_width, frame.plot.width / 2 - kSwatch - 4 * kPad);
  const cv::Size size(text_width + kSwatch + 3 * kPad, static_cast<int>(series.size()) * legend_line() + kPad);
  const cv::Rect box(legend_place(frame, series, size), size);
  cv::rectangle(image, box, kPaper, cv::FILLED);
  cv::rectangle(image, box, kGrid);
  for (std::size_t i = 0; i < series.size(); ++i) {
    const int y = box.y + kPad / 2 + static_cast<int>(i) * legend_line() + legend_line() / 2;
    cv::line(image, {box.x + kPad, y}, {box.x + kPad + kSwatch, y}, series_colour(i), 2, cv::LINE_AA);
    kTickText.draw(image, kTickText.fitted(series[i].name, text_width), {box.x + 2 * kPad + kSwatch, y});
  }
}

}  // namespace

cv::Point2d ChartFrame::to_pixel(cv::Point2d point) const {
  return {plot.x + (point.x - x_range.x) / (x_range.y - x_range.x) * plot.width,
          plot.br().y - (point.y - y_range.x) / (y_range.y - y_range.x) * plot.height};
}

ChartFrame chart_frame(const ChartOptions& options, std::span<const Series> series) {
  if (options.size.width < 240 || options.size.height < 180)
    throw OptionError(fmt::format("[chart] size is {}x{}, expected at least 240x180", options.size.width, options.size.height));
  ChartFrame frame;
  frame.x_range = span_of(series, &cv::Point2d::x);
  frame.y_range = options.y_range.value_or(span_of(series, &cv::Point2d::y));
  if (!is_drawable(frame.y_range) || !(frame.y_range.x < frame.y_range.y))
    throw OptionError(fmt::format("[chart] y_range is {} to {}, expected low < high", frame.y_range.x, frame.y_range.y));

  constexpr int kTop = 44, kBottom = 56, kRight = 28, kLeft = 40, kPixelsPerX = 80, kPixelsPerY = 55;
  const int height = options.size.height - kTop - kBottom;
  const double y_step = tick_step(frame.y_range.y - frame.y_range.x, std::max(2, height / kPixelsPerY));
  if (!options.y_range)
    frame.y_range = {std::floor(frame.y_range.x / y_step + 1e-9) * y_step, std::ceil(frame.y_range.y / y_step - 1e-9) * y_step};
  frame.y_ticks = ticks_in(frame.y_range, y_step);
  int widest = 0;
  for (const double tick : frame.y_ticks) widest = std::max(widest, kTickText.width_of(tick_label(tick, y_step)));
  frame.plot = {kLeft + widest, kTop, options.size.width - kLeft - widest - kRight, height};

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

cv::Mat draw_chart(const ChartOptions& options, std::span<const Series> series) {
  const ChartFrame frame = chart_frame(options, series);
  cv::Mat image(options.size, CV_8UC3, kPaper);
  draw_axes(image, options, frame);
  // One pixel beyond the frame, so that a line along an edge shows in its full width.
  cv::Mat plot_pixels = image(frame.plot + cv::Size(1, 1));
  for (std::size_t i = 0; i < series.size(); ++i) draw_line(plot_pixels, frame, series[i], series_colour(i));
  draw_legend(image, frame, series);
  return image;
}

}  // namespace fovea
