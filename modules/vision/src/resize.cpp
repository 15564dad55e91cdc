#include <algorithm>
#include <opencv2/imgproc.hpp>

#include "fovea/vision/resized_part.hpp"
#include "fovea/vision/transform.hpp"
#include "warped_pixels.hpp"

namespace fovea {

namespace {

class Resize final : public Transform {
 public:
  Resize(cv::Size input, cv::Size output) : Transform("resize", input, output) {
    if (input.width > 0 && input.height > 0)
      scale_ = {static_cast<double>(output.width) / input.width, static_cast<double>(output.height) / input.height};
  }

  using Transform::apply;
  cv::Point2d apply(cv::Point2d point) const override { return {point.x * scale_.x, point.y * scale_.y}; }
  cv::Point2d invert(cv::Point2d point) const override { return {point.x / scale_.x, point.y / scale_.y}; }

  bool join(ResizedPart& part) const override {
    if (output_size() == input_size()) return true;
    if (part.is_resized() || part.mirrored) return false;
    part.size = output_size();
    return true;
  }

 private:
  cv::Mat apply_checked(const cv::Mat& image) const override {
    // OpenCV averages areas only when neither axis grows, hence the two steps.
    const cv::Size shrunk(std::min(image.cols, output_size().width), std::min(image.rows, output_size().height));
    return with_pixels_of(image, [&](const cv::Mat& pixels) {
      cv::Mat result = pixels;
      if (shrunk != image.size()) result = resized(result, shrunk, cv::INTER_AREA);
      if (shrunk != output_size()) result = resized(result, output_size(), cv::INTER_LINEAR);
      return result.data == pixels.data ? pixels.clone() : result;  // it never shares the input's pixels
    });
  }

  static cv::Mat resized(const cv::Mat& image, cv::Size size, int interpolation) {
    cv::Mat result;
    cv::resize(image, result, size, 0, 0, interpolation);
    return result;
  }

  cv::Point2d scale_;
};

}  // namespace

std::unique_ptr<Transform> make_resize(cv::Size input, cv::Size output) { return std::make_unique<Resize>(input, output); }

}  // namespace fovea
