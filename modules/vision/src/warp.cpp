#include "warp.hpp"

#include <opencv2/imgproc.hpp>

#include "warped_pixels.hpp"

namespace fovea {

cv::Point2d Warp::apply(cv::Point2d point) const {
  constexpr int kMostSteps = 200;
  constexpr double kClose = 1e-7;
  cv::Point2d result = point;
  for (int step = 0; step < kMostSteps; ++step) {
    const cv::Point2d error = point - invert(result);
    result += error;
    if (error.dot(error) < kClose * kClose) break;
  }
  return result;
}

cv::Mat Warp::apply_checked(const cv::Mat& image) const {
  cv::Mat map(output_size(), CV_32FC2);
  for (int y = 0; y < map.rows; ++y)
    for (int x = 0; x < map.cols; ++x) {
      const cv::Point2d from = invert(cv::Point2d(x + 0.5, y + 0.5));
      map.at<cv::Vec2f>(y, x) = {static_cast<float>(from.x - 0.5), static_cast<float>(from.y - 0.5)};
    }
  return with_pixels_of(image, [&](const cv::Mat& pixels) {
    cv::Mat result;
    cv::remap(pixels, result, map, cv::noArray(), cv::INTER_LINEAR, cv::BORDER_CONSTANT, cv::Scalar::all(pad_value_));
    return result;
  });
}

}  // namespace fovea
