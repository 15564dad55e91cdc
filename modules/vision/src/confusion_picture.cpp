#include "fovea/vision/confusion_picture.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>

#include "fovea/base/error.hpp"
#include "paper_colors.hpp"
#include "text_painter.hpp"

namespace fovea {

namespace {

const cv::Scalar kFull(107, 48, 8);

/// Where things lie; everything follows from the names.
struct Layout {
  static constexpr int kMargin = 16, kTitle = 44, kAxisTitle = 26, kLongestName = 180, kMatrix = 640;

  explicit Layout(std::span<const std::string> names) : classes(static_cast<int>(names.size())) {
    cell = std::clamp(kMatrix / std::max(1, classes), 10, 72);
    int longest = 0;
    for (const std::string& name : names) longest = std::max(longest, name_text().width_of(name));
    name_width = std::min(longest, kLongestName);
    left = kMargin + kAxisTitle + name_width + 10;
    top = kTitle;
  }

  TextPainter name_text() const { return TextPainter(std::clamp(cell * 0.55, 6.0, 9.0)); }
  int side() const { return classes * cell; }
  /// Wide enough for the title and the axis below a matrix of two classes.
  cv::Size size() const { return {std::max(left + side() + 2 * kMargin, 420), top + side() + 10 + name_width + kAxisTitle + kMargin}; }
  cv::Rect area(int row, int column) const { return {left + column * cell, top + row * cell, cell, cell}; }

  int classes;
  int cell, name_width, left, top;
};

cv::Scalar heat(double part) { return kPaper + (kFull - kPaper) * part; }

void draw_names(cv::Mat& image, const Layout& layout, std::span<const std::string> names) {
  const TextPainter text = layout.name_text();
  for (int i = 0; i < layout.classes; ++i) {
    const std::string name = text.fitted(names[static_cast<std::size_t>(i)], layout.name_width);
    const cv::Rect diagonal = layout.area(i, i);
    const cv::Point middle(diagonal.x + layout.cell / 2, diagonal.y + layout.cell / 2);
    text.draw(image, name, {layout.left - 8, middle.y}, TextPainter::Align::right);
    text.draw_upward(image, name, {middle.x, layout.top + layout.side() + 8}, TextPainter::Align::right);
  }
}

void draw_axes(cv::Mat& image, const Layout& layout, const std::string& title) {
  const TextPainter heading(13), axis(10);
  const int centre = layout.left + layout.side() / 2;
  heading.draw(image, heading.fitted(title, image.cols - 2 * Layout::kMargin), {Layout::kMargin, 24});
  axis.draw(image, "predicted", {centre, image.rows - Layout::kMargin}, TextPainter::Align::centre);
  axis.draw_upward(image, "true", {Layout::kMargin, layout.top + layout.side() / 2}, TextPainter::Align::centre);
}

}  // namespace

cv::Rect confusion_cell(std::span<const std::string> names, int row, int column) { return Layout(names).area(row, column); }

cv::Mat draw_confusion(const std::string& title, std::span<const std::string> names, std::span<const std::int64_t> counts) {
  if (names.empty()) throw OptionError("[confusion picture] has no classes, expected at least one");
  if (counts.size() != names.size() * names.size())
    throw ShapeError(fmt::format("[confusion picture] has {} counts for {} classes, expected {}", counts.size(), names.size(),
                                 names.size() * names.size()));
  if (const auto negative = std::find_if(counts.begin(), counts.end(), [](std::int64_t n) { return n < 0; }); negative != counts.end())
    throw OptionError(fmt::format("[confusion picture] holds the count {}, expected none below 0", *negative));

  const Layout layout(names);
  cv::Mat image(layout.size(), CV_8UC3, kPaper);
  const double letters = std::min(9.0, layout.cell * 0.3);
  const std::string longest = fmt::format("{}", *std::max_element(counts.begin(), counts.end()));
  const bool counts_fit = letters >= 6 && TextPainter(letters).width_of(longest) <= layout.cell - 4;
  for (int row = 0; row < layout.classes; ++row) {
    const auto row_counts = counts.subspan(static_cast<std::size_t>(row) * names.size(), names.size());
    double total = 0;
    for (const std::int64_t count : row_counts) total += static_cast<double>(count);
    for (int column = 0; column < layout.classes; ++column) {
      const std::int64_t count = row_counts[static_cast<std::size_t>(column)];
      const cv::Scalar colour = heat(total > 0 ? static_cast<double>(count) / total : 0);
      const cv::Rect area = layout.area(row, column);
      cv::rectangle(image, area, colour, cv::FILLED);
      if (layout.cell >= 16) cv::rectangle(image, area, kGrid);
      if (counts_fit && count > 0)
        TextPainter(letters, readable_on(colour))
            .draw(image, fmt::format("{}", count), {area.x + area.width / 2, area.y + area.height / 2}, TextPainter::Align::centre);
    }
  }
  cv::rectangle(image, {layout.left, layout.top, layout.side() + 1, layout.side() + 1}, kAxis);
  draw_names(image, layout, names);
  draw_axes(image, layout, title);
  return image;
}

}  // namespace fovea
