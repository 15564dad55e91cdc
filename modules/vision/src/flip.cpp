#include <opencv2/core.hpp>

#include "fovea/vision/resized_part.hpp"
#include "fovea/vision/transform.hpp"

namespace fovea {

namespace {

class Flip final : public Transform {
 public:
  Flip(cv::Size input, FlipAxis axis) : Transform("flip", input, input), axis_(axis) {}

  using Transform::apply;
  cv::Point2d apply(cv::Point2d point) const override {
    return axis_ == FlipAxis::horizontal ? cv::Point2d(input_size().width - point.x, point.y)
                                         : cv::Point2d(point.x, input_size().height - point.y);
  }
  cv::Point2d invert(cv::Point2d point) const override { return apply(point); }

  bool join(ResizedPart& part) const override {
    if (axis_ != FlipAxis::horizontal) return false;
    part.mirrored = !part.mirrored;
    return true;
  }

 private:
  cv::Mat apply_checked(const cv::Mat& image) const override {
    cv::Mat result;
    cv::flip(image, result, axis_ == FlipAxis::horizontal ? 1 : 0);
    return result;
  }
  cv::Mat apply_labels_checked(const cv::Mat& labels, double) const override { return apply_checked(labels); }

  FlipAxis axis_;
};

}  // namespace

std::unique_ptr<Transform> make_flip(cv::Size input, FlipAxis axis) { return std::make_unique<Flip>(input, axis); }

}  // namespace fovea
