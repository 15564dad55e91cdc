// What all changes of pixels have in common.
#pragma once

#include <fmt/format.h>

#include <opencv2/core.hpp>
#include <utility>

#include "fovea/base/error.hpp"
#include "fovea/vision/pixel_changes.hpp"

namespace fovea {

/// Change is a function from an 8-bit picture of 1 or 3 channels to one of the same size and type that shares nothing with it.
template <class Change>
class PixelChange final : public Transform {
 public:
  PixelChange(const char* name, cv::Size size, Change change) : Transform(name, size, size), name_(name), change_(std::move(change)) {}

  using Transform::apply;
  cv::Point2d apply(cv::Point2d point) const override { return point; }
  cv::Point2d invert(cv::Point2d point) const override { return point; }

 private:
  cv::Mat apply_checked(const cv::Mat& image) const override {
    if (image.depth() != CV_8U || (image.channels() != 1 && image.channels() != 3))
      throw ShapeError(fmt::format("[{}] is for 8-bit pictures of 1 or 3 channels, found {}", name_, cv::typeToString(image.type())));
    return change_(image);
  }
  cv::Mat apply_labels_checked(const cv::Mat& labels, double) const override { return labels.clone(); }

  const char* name_;
  Change change_;
};

template <class Change>
std::unique_ptr<Transform> pixel_change(const char* name, cv::Size size, Change change) {
  return std::make_unique<PixelChange<Change>>(name, size, std::move(change));
}

/// Throws OptionError unless `valid`.
inline void require_option(bool valid, const char* name, const char* option, double value, const char* expected) {
  if (!valid) throw OptionError(fmt::format("[{}] {} is {}, expected {}", name, option, value, expected));
}

}  // namespace fovea
