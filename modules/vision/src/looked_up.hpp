// Pictures whose pixels are copied from those of another, never mixed.
#pragma once

#include <cstring>
#include <opencv2/core.hpp>

namespace fovea {

inline bool lies_in(cv::Point2d point, cv::Size size) {
  return point.x >= 0 && point.y >= 0 && point.x < size.width && point.y < size.height;
}

/// back(point) moves the centre of a new pixel to its place in `labels`, and says whether it has one there; where not, pixels are `fill`.
template <class Back>
cv::Mat looked_up(const cv::Mat& labels, cv::Size size, double fill, const Back& back) {
  cv::Mat result(size, labels.type());
  result.reshape(1).setTo(fill);
  const std::size_t bytes = labels.elemSize();
  for (int y = 0; y < result.rows; ++y)
    for (int x = 0; x < result.cols; ++x) {
      cv::Point2d point(x + 0.5, y + 0.5);
      if (back(point)) std::memcpy(result.ptr(y, x), labels.ptr(static_cast<int>(point.y), static_cast<int>(point.x)), bytes);
    }
  return result;
}

}  // namespace fovea
