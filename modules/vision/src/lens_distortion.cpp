#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "fovea/base/error.hpp"
#include "warp.hpp"

namespace fovea {

namespace {

/// Distances from the centre are in halves of the diagonal: the corners are at 1.
class LensDistortion final : public Warp {
 public:
  LensDistortion(cv::Size size, double strength, double pad_value)
      : Warp("lens distortion", size, pad_value),
        centre_(size.width / 2.0, size.height / 2.0),
        half_diagonal_(std::hypot(centre_.x, centre_.y)),
        strength_(strength) {
    if (!(strength > -0.3 && strength <= 2))  // r (1 + k r^2) grows up to the corners as long as 1 + 3 k > 0
      throw OptionError(fmt::format("[lens distortion] strength is {}, expected a number over -0.3 and at most 2", strength));
  }

  cv::Point2d invert(cv::Point2d point) const override {
    const double distance = cv::norm(point - centre_) / half_diagonal_;
    return moved(point, distance, distorted(distance));
  }
  cv::Point2d apply(cv::Point2d point) const override {
    const double distance = cv::norm(point - centre_) / half_diagonal_;
    return moved(point, distance, undistorted(distance));
  }
  using Transform::apply;

 private:
  /// Along the ray from the centre.
  cv::Point2d moved(cv::Point2d point, double from, double to) const {
    return from > 0 ? centre_ + (point - centre_) * (to / from) : point;
  }

  /// Beyond the corners, where nothing is seen, it goes on as a straight line, so that every point has an inverse.
  double distorted(double r) const { return r <= 1 ? r * (1 + strength_ * r * r) : 1 + strength_ + (1 + 3 * strength_) * (r - 1); }
  /// By Newton's method. It starts on the side of the solution from which it cannot overshoot, whichever way the curve bends.
  double undistorted(double r) const {
    if (r > 1 + strength_) return 1 + (r - 1 - strength_) / (1 + 3 * strength_);
    constexpr int kMostSteps = 60;
    double result = std::min(r, 1.0);
    for (int step = 0; step < kMostSteps; ++step) {
      const double change = (distorted(result) - r) / (1 + 3 * strength_ * result * result);
      result -= change;
      if (std::abs(change) < 1e-13) break;
    }
    return result;
  }

  cv::Point2d centre_;
  double half_diagonal_, strength_;
};

}  // namespace

std::unique_ptr<Transform> make_lens_distortion(cv::Size input, double strength, double pad_value) {
  return std::make_unique<LensDistortion>(input, strength, pad_value);
}

}  // namespace fovea
