#include <opencv2/core.hpp>

#include "fovea/vision/transform.hpp"

namespace fovea {

namespace {

class Flip final : public Transform {
 public:
  explicit Flip(cv::Size input) : Transform("flip", input, input) {}

  using Transform::apply;
  cv::Point2d apply(cv::Point2d point) const override { return {input_size().width - point.x, point.y}; }
  cv::Point2d invert(cv::Point2d point) const override { return apply(point); }

 private:
  cv::Mat apply_checked(const cv::Mat& image) const override {
    cv::Mat result;
    cv::flip(image, result, 1);
    return result;
  }
};

}  // namespace

std::unique_ptr<Transform> make_flip(cv::Size input) { return std::make_unique<Flip>(input); }

}  // namespace fovea
