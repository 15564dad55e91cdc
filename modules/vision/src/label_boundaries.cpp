#include "fovea/vision/label_boundaries.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <opencv2/core.hpp>

#include "fovea/base/error.hpp"

namespace fovea {

cv::Mat label_boundaries(const cv::Mat& labels) {
  if (labels.dims != 2 || labels.empty() || labels.type() != CV_32SC1)
    throw ShapeError(fmt::format("[label_boundaries] wants labels of 32-bit integers, found {}x{} of type {}", labels.cols, labels.rows,
                                 cv::typeToString(labels.type())));
  cv::Mat boundaries = cv::Mat::zeros(labels.size(), CV_8U);
  for (int y = 0; y < labels.rows; ++y) {
    const auto* const row = labels.ptr<std::int32_t>(y);
    const auto* const below = labels.ptr<std::int32_t>(std::min(y + 1, labels.rows - 1));
    auto* const out = boundaries.ptr(y);
    for (int x = 0; x < labels.cols; ++x) {
      const int right = std::min(x + 1, labels.cols - 1);
      if (row[x] != row[right] || row[x] != below[x] || row[x] != below[right]) out[x] = 255;
    }
  }
  return boundaries;
}

}  // namespace fovea
