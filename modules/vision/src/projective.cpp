#include <cmath>
#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>

#include "fovea/base/error.hpp"
#include "fovea/vision/transform.hpp"
#include "warped_pixels.hpp"

namespace fovea {

namespace {

cv::Point2d mapped(const cv::Matx33d& matrix, cv::Point2d point) {
  const cv::Vec3d p = matrix * cv::Vec3d(point.x, point.y, 1);
  return {p[0] / p[2], p[1] / p[2]};
}

/// OpenCV's coordinates are half a pixel less than ours.
cv::Matx33d between_pixel_centres(const cv::Matx33d& matrix) {
  const cv::Matx33d to_centre(1, 0, 0.5, 0, 1, 0.5, 0, 0, 1), from_centre(1, 0, -0.5, 0, 1, -0.5, 0, 0, 1);
  return from_centre * matrix * to_centre;
}

class Projective final : public Transform {
 public:
  Projective(cv::Size input, cv::Size output, const cv::Matx33d& matrix, double pad_value)
      : Transform("projective", input, output), matrix_(matrix), inverse_(matrix.inv()), pad_value_(pad_value) {
    const double determinant = cv::determinant(matrix);
    if (!std::isfinite(determinant) || std::abs(determinant) < 1e-12) throw OptionError("[projective] the matrix has no inverse");
    for (const double x : {0.0, static_cast<double>(input.width)})
      for (const double y : {0.0, static_cast<double>(input.height)})
        if (!((matrix * cv::Vec3d(x, y, 1))[2] > 0)) throw OptionError("[projective] part of the image would be seen from behind");
  }

  using Transform::apply;
  cv::Point2d apply(cv::Point2d point) const override { return mapped(matrix_, point); }
  cv::Point2d invert(cv::Point2d point) const override { return mapped(inverse_, point); }

 private:
  cv::Mat apply_checked(const cv::Mat& image) const override {
    const cv::Matx33d matrix = between_pixel_centres(matrix_);
    return with_pixels_of(image, [&](const cv::Mat& pixels) {
      cv::Mat result;
      cv::warpPerspective(pixels, result, matrix, output_size(), cv::INTER_LINEAR, cv::BORDER_CONSTANT, cv::Scalar::all(pad_value_));
      return result;
    });
  }

  cv::Matx33d matrix_, inverse_;
  double pad_value_;
};

}  // namespace

std::unique_ptr<Transform> make_projective(cv::Size input, cv::Size output, const cv::Matx33d& matrix, double pad_value) {
  return std::make_unique<Projective>(input, output, matrix, pad_value);
}

}  // namespace fovea
