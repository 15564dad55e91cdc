#include "fovea/vision/transform.hpp"

#include <fmt/format.h>

#include "fovea/base/error.hpp"
#include "looked_up.hpp"

namespace fovea {

Transform::Transform(const char* name, cv::Size input, cv::Size output) : name_(name), input_size_(input), output_size_(output) {
  for (const cv::Size size : {input, output})
    if (size.width < 1 || size.height < 1)
      throw OptionError(fmt::format("[{}] has the size {}x{}, expected at least 1x1", name, size.width, size.height));
}

void Transform::require_size(const cv::Mat& image) const {
  if (image.dims != 2 || image.size() != input_size_)
    throw ShapeError(
        fmt::format("[{}] is for images of {}x{}, found {}x{}", name_, input_size_.width, input_size_.height, image.cols, image.rows));
}

cv::Mat Transform::apply(const cv::Mat& image) const {
  require_size(image);
  return apply_checked(image);
}

cv::Mat Transform::apply_labels(const cv::Mat& labels, double fill) const {
  require_size(labels);
  return apply_labels_checked(labels, fill);
}

bool Transform::join(ResizedPart&) const { return false; }

cv::Mat Transform::apply_labels_checked(const cv::Mat& labels, double fill) const {
  return looked_up(labels, output_size_, fill, [this](cv::Point2d& point) {
    point = invert(point);
    return lies_in(point, input_size_);
  });
}

}  // namespace fovea
