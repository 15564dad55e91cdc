#include "text_painter.hpp"

#include <algorithm>
#include <cmath>
#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>

namespace fovea {

namespace {

constexpr int kFont = cv::FONT_HERSHEY_SIMPLEX;
constexpr double kCapitalHeight = 21;  // of the font at scale 1, in pixels

/// One '?' for every character that the font lacks (UTF-8 continuation bytes show nothing).
std::string drawable(std::string_view text) {
  std::string result;
  for (const char c : text)
    if (c >= ' ' && c <= '~')
      result += c;
    else if ((static_cast<unsigned char>(c) & 0xC0) != 0x80)
      result += '?';
  return result;
}

}  // namespace

double TextPainter::scale() const { return height_ / kCapitalHeight; }
int TextPainter::thickness() const { return std::max(1, static_cast<int>(std::lround(height_ / 9))); }

int TextPainter::width_of(std::string_view text) const {
  return cv::getTextSize(drawable(text), kFont, scale(), thickness(), nullptr).width;
}

std::string TextPainter::fitted(std::string_view text, int width) const {
  std::string shown = drawable(text);
  if (width_of(shown) <= width) return shown;
  while (!shown.empty() && width_of(shown + "..") > width) shown.pop_back();
  return shown.empty() ? "" : shown + "..";
}

void TextPainter::draw(cv::Mat& image, std::string_view text, cv::Point anchor, Align align) const {
  const int width = width_of(text);
  const int left = anchor.x - (align == Align::left ? 0 : align == Align::centre ? width / 2 : width);
  const cv::Point baseline(left, anchor.y + static_cast<int>(std::lround(height_ / 2)));
  cv::putText(image, drawable(text), baseline, kFont, scale(), colour_, thickness(), cv::LINE_AA);
}

void TextPainter::draw_upward(cv::Mat& image, std::string_view text, cv::Point anchor, Align align) const {
  // Turned to the right by a quarter the text lies level: draw it so on a copy of its surroundings, and turn those back.
  const int length = width_of(text), half = line_height();
  const int bottom = anchor.y + (align == Align::left ? 0 : align == Align::centre ? length / 2 : length);
  const cv::Rect area = cv::Rect(anchor.x - half, bottom - length - half, 2 * half, length + 2 * half) & cv::Rect({0, 0}, image.size());
  if (area.empty()) return;
  cv::Mat level;
  cv::rotate(image(area), level, cv::ROTATE_90_CLOCKWISE);
  draw(level, text, {area.y + area.height - bottom, anchor.x - area.x});
  cv::rotate(level, level, cv::ROTATE_90_COUNTERCLOCKWISE);
  level.copyTo(image(area));
}

cv::Scalar readable_on(cv::Scalar background) {
  const double luma = 0.114 * background[0] + 0.587 * background[1] + 0.299 * background[2];
  return luma > 140 ? cv::Scalar(20, 20, 20) : cv::Scalar(255, 255, 255);
}

}  // namespace fovea
