#include "fovea/vision/chart.hpp"

#include <algorithm>
#include <cmath>
#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>

#include "chart_layout.hpp"
#include "paper_colors.hpp"

namespace fovea {

namespace {

/// Of a band's colour; the rest is what lies below it.
constexpr double kBandOpacity = 0.25;

/// cv::line takes integers with fractional bits: curves stay smooth.
constexpr int kFractionBits = 4;
cv::Point with_fraction(cv::Point2d pixel) {
  // Far outside the plot: what a pixel coordinate may at most be before the line is clipped.
  constexpr double kFar = 1e6;
  const auto rounded = [&](double value) { return static_cast<int>(std::lround(std::clamp(value, -kFar, kFar) * (1 << kFractionBits))); };
  return {rounded(pixel.x), rounded(pixel.y)};
}

void draw_axes(cv::Mat& image, const ChartOptions& options, const ChartFrame& frame) {
  const cv::Rect& plot = frame.plot;
  for (const double tick : frame.x_ticks) {
    const int x = static_cast<int>(std::lround(frame.to_pixel({tick, frame.y_range.x}).x));
    cv::line(image, {x, plot.y}, {x, plot.br().y}, kGrid);
    kChartTick.draw(image, tick_label(tick, frame.x_ticks, frame.log_x), {x, plot.br().y + 14}, TextPainter::Align::centre);
  }
  for (const double tick : frame.y_ticks) {
    const int y = static_cast<int>(std::lround(frame.to_pixel({frame.x_range.x, tick}).y));
    cv::line(image, {plot.x, y}, {plot.br().x, y}, kGrid);
    kChartTick.draw(image, tick_label(tick, frame.y_ticks, false), {plot.x - 8, y}, TextPainter::Align::right);
  }
  cv::rectangle(image, plot.tl(), plot.br(), kAxis);
  const cv::Point middle(plot.x + plot.width / 2, plot.y + plot.height / 2);
  kChartTitle.draw(image, kChartTitle.fitted(options.title, image.cols - 20), {middle.x, 22}, TextPainter::Align::centre);
  kChartLabel.draw(image, kChartLabel.fitted(options.x_label, plot.width), {middle.x, plot.br().y + 38}, TextPainter::Align::centre);
  kChartLabel.draw_upward(image, kChartLabel.fitted(options.y_label, plot.height), {16, middle.y}, TextPainter::Align::centre);
}

void draw_band(cv::Mat& plot_pixels, const ChartFrame& frame, const Series& series, cv::Scalar colour) {
  if (series.deviation.empty()) return;
  cv::Mat layer = plot_pixels.clone();
  for (const auto& [first, last] : drawable_runs(series)) {
    std::vector<cv::Point> outline;
    for (const cv::Point2d& pixel : band_outline(frame, series, first, last))
      outline.push_back(with_fraction(pixel - cv::Point2d(frame.plot.tl())));
    cv::fillPoly(layer, std::vector<std::vector<cv::Point>>{outline}, colour, cv::LINE_AA, kFractionBits);
  }
  cv::addWeighted(layer, kBandOpacity, plot_pixels, 1 - kBandOpacity, 0, plot_pixels);
}

void draw_line(cv::Mat& plot_pixels, const ChartFrame& frame, const Series& series, cv::Scalar colour) {
  const auto place = [&](std::size_t i) { return with_fraction(frame.to_pixel(series.points[i]) - cv::Point2d(frame.plot.tl())); };
  for (const auto& [first, last] : drawable_runs(series)) {
    for (std::size_t i = first + 1; i < last; ++i) cv::line(plot_pixels, place(i - 1), place(i), colour, 2, cv::LINE_AA, kFractionBits);
    if (last == first + 1) cv::circle(plot_pixels, place(first), 4 << kFractionBits, colour, cv::FILLED, cv::LINE_AA, kFractionBits);
  }
}

void draw_legend(cv::Mat& image, const ChartFrame& frame, std::span<const Series> series) {
  const std::optional<Legend> legend = chart_legend(frame, series);
  if (!legend) return;
  cv::rectangle(image, legend->box, kPaper, cv::FILLED);
  cv::rectangle(image, legend->box, kGrid);
  for (std::size_t i = 0; i < series.size(); ++i) {
    const int x = legend->box.x + kLegendPad, y = legend->middle(i);
    cv::line(image, {x, y}, {x + kLegendSwatch, y}, series_colour(i), 2, cv::LINE_AA);
    kChartTick.draw(image, kChartTick.fitted(series[i].name, legend->text_width), {x + kLegendPad + kLegendSwatch, y});
  }
}

}  // namespace

cv::Mat draw_chart(const ChartOptions& options, std::span<const Series> series) {
  const ChartFrame frame = chart_frame(options, series);
  cv::Mat image(options.size, CV_8UC3, kPaper);
  draw_axes(image, options, frame);
  // One pixel beyond the frame, so that a line along an edge shows in its full width.
  cv::Mat plot_pixels = image(frame.plot + cv::Size(1, 1));
  for (std::size_t i = 0; i < series.size(); ++i) draw_band(plot_pixels, frame, series[i], series_colour(i));
  for (std::size_t i = 0; i < series.size(); ++i) draw_line(plot_pixels, frame, series[i], series_colour(i));
  draw_legend(image, frame, series);
  return image;
}

cv::Mat draw_charts(std::span<const Chart> charts) {
  cv::Size size;
  for (const Chart& chart : charts) size = {std::max(size.width, chart.options.size.width), size.height + chart.options.size.height};
  cv::Mat picture(size, CV_8UC3, kPaper);
  int top = 0;
  for (const Chart& chart : charts) {
    draw_chart(chart.options, chart.series).copyTo(picture(cv::Rect({0, top}, chart.options.size)));
    top += chart.options.size.height;
  }
  return picture;
}

}  // namespace fovea
