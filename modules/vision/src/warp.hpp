// Changes of geometry that are given backwards: where each new pixel's value lay.
#pragma once

#include "fovea/vision/transform.hpp"

namespace fovea {

/// A transform whose invert() is a formula near the identity; apply() solves it.
class Warp : public Transform {
 public:
  using Transform::apply;
  /// By fixed-point iteration p <- p + (point - invert(p)), until it moves less than 1e-7 pixels.
  cv::Point2d apply(cv::Point2d point) const override;

 protected:
  Warp(const char* name, cv::Size size, double pad_value) : Transform(name, size, size), pad_value_(pad_value) {}

 private:
  cv::Mat apply_checked(const cv::Mat& image) const override;

  double pad_value_;
};

}  // namespace fovea
