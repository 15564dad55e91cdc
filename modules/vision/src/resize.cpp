#include <algorithm>
#include <opencv2/imgproc.hpp>
#include <vector>

#include "fovea/vision/transform.hpp"

namespace fovea {

namespace {

/// The depth to compute in: the image's own where OpenCV resizes it, otherwise one that holds its values.
int working_depth(int depth) {
  switch (depth) {
    case CV_8S:
    case CV_32S:
      return CV_64F;
    case CV_16F:
      return CV_32F;
    default:
      return depth;
  }
}

class Resize final : public Transform {
 public:
  Resize(cv::Size input, cv::Size output) : Transform("resize", input, output) {
    if (input.width > 0 && input.height > 0)
      scale_ = {static_cast<double>(output.width) / input.width, static_cast<double>(output.height) / input.height};
  }

  using Transform::apply;
  cv::Point2d apply(cv::Point2d point) const override { return {point.x * scale_.x, point.y * scale_.y}; }
  cv::Point2d invert(cv::Point2d point) const override { return {point.x / scale_.x, point.y / scale_.y}; }

 private:
  cv::Mat apply_checked(const cv::Mat& image) const override {
    const int depth = working_depth(image.depth());
    cv::Mat result;
    image.convertTo(result, depth);  // a copy when the depth is the same, so that the result never shares the input's pixels
    // OpenCV averages areas only when neither axis grows, hence the two steps.
    const cv::Size shrunk(std::min(image.cols, output_size().width), std::min(image.rows, output_size().height));
    if (shrunk != image.size()) result = resized(result, shrunk, cv::INTER_AREA);
    if (shrunk != output_size()) result = resized(result, output_size(), cv::INTER_LINEAR);
    if (depth != image.depth()) result.convertTo(result, image.depth());
    return result;
  }

  static cv::Mat resized(const cv::Mat& image, cv::Size size, int interpolation) {
    constexpr int kMostChannels = 4;  // that OpenCV resizes at once
    cv::Mat result;
    if (image.channels() <= kMostChannels) {
      cv::resize(image, result, size, 0, 0, interpolation);
      return result;
    }
    std::vector<cv::Mat> channels;
    cv::split(image, channels);
    for (cv::Mat& channel : channels) channel = resized(channel, size, interpolation);
    cv::merge(channels, result);
    return result;
  }

  cv::Point2d scale_;
};

}  // namespace

std::unique_ptr<Transform> make_resize(cv::Size input, cv::Size output) { return std::make_unique<Resize>(input, output); }

}  // namespace fovea
