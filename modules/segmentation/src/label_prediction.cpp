#include "fovea/segmentation/label_prediction.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <opencv2/core.hpp>

#include "fovea/base/error.hpp"
#include "fovea/vision/label_png.hpp"

namespace fovea {

namespace {

template <class Label>
void choose(const float* scores, std::int64_t classes, cv::Mat& map) {
  for (int y = 0; y < map.rows; ++y) {
    auto* const row = map.ptr<Label>(y);
    for (int x = 0; x < map.cols; ++x, scores += classes) row[x] = static_cast<Label>(std::max_element(scores, scores + classes) - scores);
  }
}

template <class Label>
cv::Mat looked_up(const cv::Mat& found, const Transform& geometry, int fill) {
  cv::Mat labels(geometry.input_size(), found.type(), cv::Scalar(fill));
  const cv::Size network = geometry.output_size();
  const int left = (network.width - found.cols) / 2, top = (network.height - found.rows) / 2;
  for (int y = 0; y < labels.rows; ++y)
    for (int x = 0; x < labels.cols; ++x) {
      const cv::Point2d place = geometry.apply(cv::Point2d(x + 0.5, y + 0.5));
      const int column = static_cast<int>(std::floor(place.x)) - left, row = static_cast<int>(std::floor(place.y)) - top;
      if (column >= 0 && column < found.cols && row >= 0 && row < found.rows) labels.at<Label>(y, x) = found.at<Label>(row, column);
    }
  return labels;
}

}  // namespace

cv::Mat most_likely_classes(const Tensor& logits, std::int64_t index, int type) {
  if (logits.shape().rank() != 4 || logits.dtype() != DType::f32 || index < 0 || index >= logits.extent(0) || logits.extent(3) < 1 ||
      logits.extent(3) > ignored_label(type))
    throw ShapeError(fmt::format("[most_likely_classes] expected logits [N,H,W,classes] f32 of image {} and at most {} classes, found {}",
                                 index, ignored_label(type), logits.shape().to_string()));
  cv::Mat map(static_cast<int>(logits.extent(1)), static_cast<int>(logits.extent(2)), type);
  const float* const scores = logits.data<float>() + index * logits.extent(1) * logits.extent(2) * logits.extent(3);
  type == CV_8UC1 ? choose<std::uint8_t>(scores, logits.extent(3), map) : choose<std::uint16_t>(scores, logits.extent(3), map);
  return map;
}

cv::Mat labels_in_picture(const cv::Mat& found, const Transform& geometry, int fill) {
  const cv::Size network = geometry.output_size();
  if ((found.type() != CV_8UC1 && found.type() != CV_16UC1) || found.cols > network.width || found.rows > network.height)
    throw ShapeError(fmt::format("[labels_in_picture] expected a label map of at most {}x{} pixels, found {}x{} of type {}", network.width,
                                 network.height, found.cols, found.rows, cv::typeToString(found.type())));
  return found.type() == CV_8UC1 ? looked_up<std::uint8_t>(found, geometry, fill) : looked_up<std::uint16_t>(found, geometry, fill);
}

}  // namespace fovea
