#include "fovea/vision/overlay.hpp"

#include <algorithm>
#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>

#include "picture_input.hpp"
#include "text_painter.hpp"

namespace fovea {

cv::Mat draw_caption(const cv::Mat& image, std::string_view text, cv::Scalar colour) {
  cv::Mat picture = picture_input(image, "draw_caption");
  const int long_side = std::max(picture.cols, picture.rows);
  const int factor = (kSmallestCaptionedSide + long_side - 1) / long_side;
  if (factor > 1) cv::resize(picture, picture, {}, factor, factor, cv::INTER_NEAREST);

  const int width = std::max(picture.cols, kSmallestCaptionedSide);
  const double letters = std::clamp(width / 45.0, 9.0, 90.0);
  const TextPainter painter(letters, readable_on(colour));
  const int bar = painter.line_height() + static_cast<int>(letters / 2), margin = static_cast<int>(letters * 0.8);

  cv::Mat canvas(picture.rows + bar, width, CV_8UC3, colour);
  picture.copyTo(canvas({(width - picture.cols) / 2, 0, picture.cols, picture.rows}));
  painter.draw(canvas, painter.fitted(text, width - 2 * margin), {margin, picture.rows + bar / 2});
  return canvas;
}

}  // namespace fovea
