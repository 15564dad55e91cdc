// Text in pictures, sized in pixels. The strokes are OpenCV's Hershey font, which holds ASCII only: other characters show as '?'.
#pragma once

#include <opencv2/core/mat.hpp>
#include <opencv2/core/types.hpp>
#include <string>
#include <string_view>

namespace fovea {

/// A way of writing: `height` is that of a capital letter, in pixels.
class TextPainter {
 public:
  enum class Align { left, centre, right };

  explicit TextPainter(double height, cv::Scalar colour = {40, 40, 40}) : height_(height), colour_(colour) {}

  /// Height of a line with room for descenders and for the gap to the next, in pixels.
  int line_height() const { return static_cast<int>(height_ * 1.8 + 0.5); }
  /// Width of a text in pixels.
  int width_of(std::string_view text) const;
  /// The text, or as much of its beginning as fits in `width` pixels with ".." behind it; "" when not even that fits.
  std::string fitted(std::string_view text, int width) const;

  /// Writes with the middle of the capital letters at `anchor.y` and the text's left end, middle or right end at `anchor.x`.
  void draw(cv::Mat& image, std::string_view text, cv::Point anchor, Align align = Align::left) const;
  /// The same, read from bottom to top: `align` says which end of the text is at `anchor`, left being the lower one.
  void draw_upward(cv::Mat& image, std::string_view text, cv::Point anchor, Align align = Align::left) const;

 private:
  double scale() const;
  int thickness() const;

  double height_;
  cv::Scalar colour_;
};

/// Black or white, whichever reads better on `background`.
cv::Scalar readable_on(cv::Scalar background);

}  // namespace fovea
