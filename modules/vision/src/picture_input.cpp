#include "picture_input.hpp"

#include <fmt/format.h>

#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>

#include "fovea/base/error.hpp"

namespace fovea {

cv::Mat picture_input(const cv::Mat& image, const char* operation) {
  if (image.empty() || (image.type() != CV_8UC3 && image.type() != CV_8UC1))
    throw ShapeError(fmt::format("[{}] wants an 8-bit BGR or grey image, found {}x{} of type {}", operation, image.cols, image.rows,
                                 cv::typeToString(image.type())));
  if (image.channels() == 3) return image;
  cv::Mat bgr;
  cv::cvtColor(image, bgr, cv::COLOR_GRAY2BGR);
  return bgr;
}

}  // namespace fovea
