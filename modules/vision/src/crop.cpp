#include <opencv2/core.hpp>

#include "fovea/vision/resized_part.hpp"
#include "fovea/vision/transform.hpp"

namespace fovea {

namespace {

class Crop final : public Transform {
 public:
  Crop(cv::Size input, cv::Rect area, double pad_value) : Transform("crop", input, area.size()), area_(area), pad_value_(pad_value) {}

  using Transform::apply;
  cv::Point2d apply(cv::Point2d point) const override { return point - cv::Point2d(area_.tl()); }
  cv::Point2d invert(cv::Point2d point) const override { return point + cv::Point2d(area_.tl()); }

  bool join(ResizedPart& part) const override {
    if (part.is_resized() || part.mirrored || (area_ & cv::Rect({0, 0}, input_size())) != area_) return false;
    part = {.area = area_ + part.area.tl(), .size = area_.size()};
    return true;
  }

 private:
  cv::Mat apply_checked(const cv::Mat& image) const override { return cropped(image, pad_value_); }
  cv::Mat apply_labels_checked(const cv::Mat& labels, double fill) const override { return cropped(labels, fill); }

  cv::Mat cropped(const cv::Mat& image, double pad_value) const {
    const cv::Rect inside = area_ & cv::Rect({0, 0}, input_size());
    if (inside == area_) return image(area_).clone();
    cv::Mat result(output_size(), image.type());
    result.reshape(1).setTo(pad_value);  // as one channel: a cv::Scalar knows only four
    if (!inside.empty()) image(inside).copyTo(result(inside - area_.tl()));
    return result;
  }

  cv::Rect area_;
  double pad_value_;
};

}  // namespace

std::unique_ptr<Transform> make_crop(cv::Size input, cv::Rect area, double pad_value) {
  return std::make_unique<Crop>(input, area, pad_value);
}

}  // namespace fovea
