#include <fmt/format.h>

#include <algorithm>

#include "chart_layout.hpp"
#include "fovea/base/markup.hpp"

namespace fovea {

namespace {

std::string hex(cv::Scalar bgr) {
  return fmt::format("#{:02x}{:02x}{:02x}", static_cast<int>(bgr[2]), static_cast<int>(bgr[1]), static_cast<int>(bgr[0]));
}

std::string joined(const std::vector<cv::Point2d>& pixels) {
  std::string text;
  for (const cv::Point2d& pixel : pixels) text += fmt::format("{}{:.2f},{:.2f}", text.empty() ? "" : " ", pixel.x, pixel.y);
  return text;
}

/// `anchor`: start, middle or end. The middle of the capitals is at `y`, as TextPainter has it.
std::string text_at(double x, double y, double capital_height, const char* anchor, std::string_view text, const std::string& more = "") {
  return fmt::format("<text x=\"{:.1f}\" y=\"{:.1f}\" font-size=\"{:.1f}\" text-anchor=\"{}\"{}>{}</text>\n", x, y + capital_height / 2,
                     capital_height * 1.4, anchor, more, escape_markup(text));
}

std::string axes(const ChartOptions& options, const ChartFrame& frame) {
  const cv::Rect& plot = frame.plot;
  std::string svg;
  const auto grid_line = [&](double x1, double y1, double x2, double y2) {
    svg += fmt::format("<line x1=\"{:.1f}\" y1=\"{:.1f}\" x2=\"{:.1f}\" y2=\"{:.1f}\" stroke=\"#e1e1e1\"/>\n", x1, y1, x2, y2);
  };
  for (const double tick : frame.x_ticks) {
    const double x = frame.to_pixel({tick, frame.y_range.x}).x;
    grid_line(x, plot.y, x, plot.br().y);
    svg += text_at(x, plot.br().y + 14, 9, "middle", tick_label(tick, frame.x_ticks, frame.log_x));
  }
  for (const double tick : frame.y_ticks) {
    const double y = frame.to_pixel({frame.x_range.x, tick}).y;
    grid_line(plot.x, y, plot.br().x, y);
    svg += text_at(plot.x - 8, y, 9, "end", tick_label(tick, frame.y_ticks, false));
  }
  svg += fmt::format("<rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" fill=\"none\" stroke=\"#5a5a5a\"/>\n", plot.x, plot.y, plot.width,
                     plot.height);
  const double x = plot.x + plot.width / 2.0, y = plot.y + plot.height / 2.0;
  svg += text_at(x, 22, 13, "middle", options.title);
  svg += text_at(x, plot.br().y + 38, 10, "middle", options.x_label);
  svg += text_at(16, y, 10, "middle", options.y_label, fmt::format(" transform=\"rotate(-90 16 {:.1f})\"", y));
  return svg;
}

std::string band(const ChartFrame& frame, const Series& series, cv::Scalar colour) {
  std::string svg;
  if (series.deviation.empty()) return svg;
  for (const auto& [first, last] : drawable_runs(series))
    svg += fmt::format("<polygon points=\"{}\" fill=\"{}\" fill-opacity=\"0.25\"/>\n", joined(band_outline(frame, series, first, last)),
                       hex(colour));
  return svg;
}

std::string line(const ChartFrame& frame, const Series& series, cv::Scalar colour) {
  std::string svg;
  for (const auto& [first, last] : drawable_runs(series)) {
    std::vector<cv::Point2d> pixels;
    for (std::size_t i = first; i < last; ++i) pixels.push_back(frame.to_pixel(series.points[i]));
    if (pixels.size() == 1)
      svg += fmt::format("<circle cx=\"{:.2f}\" cy=\"{:.2f}\" r=\"4\" fill=\"{}\"/>\n", pixels[0].x, pixels[0].y, hex(colour));
    else
      svg += fmt::format("<polyline points=\"{}\" fill=\"none\" stroke=\"{}\" stroke-width=\"2\"/>\n", joined(pixels), hex(colour));
  }
  return svg;
}

std::string legend_of(const ChartFrame& frame, std::span<const Series> series) {
  const std::optional<Legend> legend = chart_legend(frame, series);
  if (!legend) return "";
  const cv::Rect& box = legend->box;
  std::string svg = fmt::format("<rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" fill=\"#ffffff\" stroke=\"#e1e1e1\"/>\n", box.x, box.y,
                                box.width, box.height);
  for (std::size_t i = 0; i < series.size(); ++i) {
    const int x = box.x + kLegendPad, y = legend->middle(i);
    svg += fmt::format("<line x1=\"{}\" y1=\"{}\" x2=\"{}\" y2=\"{}\" stroke=\"{}\" stroke-width=\"2\"/>\n", x, y, x + kLegendSwatch, y,
                       hex(series_colour(i)));
    svg += text_at(x + kLegendPad + kLegendSwatch, y, 9, "start", series[i].name);
  }
  return svg;
}

std::string one_chart(const Chart& chart, const std::string& clip) {
  const ChartFrame frame = chart_frame(chart.options, chart.series);
  const cv::Rect& plot = frame.plot;
  std::string svg = axes(chart.options, frame);
  // What is outside a given y_range is cut off at the frame.
  svg += fmt::format("<clipPath id=\"{}\"><rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\"/></clipPath>\n<g clip-path=\"url(#{})\">\n",
                     clip, plot.x, plot.y, plot.width + 1, plot.height + 1, clip);
  for (std::size_t i = 0; i < chart.series.size(); ++i) svg += band(frame, chart.series[i], series_colour(i));
  for (std::size_t i = 0; i < chart.series.size(); ++i) svg += line(frame, chart.series[i], series_colour(i));
  return svg + "</g>\n" + legend_of(frame, chart.series);
}

}  // namespace

std::string charts_to_svg(std::span<const Chart> charts, std::string_view id) {
  cv::Size size;
  std::string body;
  for (const Chart& chart : charts) {
    body += fmt::format("<g transform=\"translate(0 {})\">\n{}</g>\n", size.height, one_chart(chart, fmt::format("{}{}", id, size.height)));
    size = {std::max(size.width, chart.options.size.width), size.height + chart.options.size.height};
  }
  return fmt::format(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{0}\" height=\"{1}\" viewBox=\"0 0 {0} {1}\" font-family=\"sans-serif\" "
      "fill=\"#282828\">\n<rect width=\"{0}\" height=\"{1}\" fill=\"#ffffff\"/>\n{2}</svg>\n",
      size.width, size.height, body);
}

}  // namespace fovea
