#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "fovea/base/error.hpp"
#include "warp.hpp"

namespace fovea {

namespace {

/// The weights of the four nodes around a point, `t` in [0, 1) behind the second (uniform cubic B-spline).
std::array<double, 4> spline_weights(double t) {
  const double s = 1 - t;
  return {s * s * s / 6, (3 * t * t * t - 6 * t * t + 4) / 6, (3 * s * s * s - 6 * s * s + 4) / 6, t * t * t / 6};
}

class Elastic final : public Warp {
 public:
  Elastic(cv::Size size, cv::Size nodes, std::vector<cv::Point2d> displacements, double pad_value)
      : Warp("elastic", size, pad_value), nodes_(nodes), displacements_(std::move(displacements)) {
    if (nodes.width < 2 || nodes.height < 2)
      throw OptionError(fmt::format("[elastic] the grid has {}x{} nodes, expected at least 2x2", nodes.width, nodes.height));
    if (displacements_.size() != static_cast<std::size_t>(nodes.area()))
      throw OptionError(fmt::format("[elastic] {} displacements for {}x{} nodes", displacements_.size(), nodes.width, nodes.height));
    spacing_ = {static_cast<double>(size.width) / (nodes.width - 1), static_cast<double>(size.height) / (nodes.height - 1)};
    require_no_folds();
  }

  cv::Point2d invert(cv::Point2d point) const override {
    // Outside the image the displacement is that of the nearest point of its border.
    const double u = std::clamp(point.x / spacing_.x, 0.0, nodes_.width - 1.0),
                 v = std::clamp(point.y / spacing_.y, 0.0, nodes_.height - 1.0);
    const double left = std::floor(u), top = std::floor(v);
    const std::array<double, 4> across = spline_weights(u - left), down = spline_weights(v - top);
    cv::Point2d sum;
    for (int j = 0; j < 4; ++j)
      for (int i = 0; i < 4; ++i)
        sum += across[static_cast<std::size_t>(i)] * down[static_cast<std::size_t>(j)] *
               node(static_cast<int>(left) + i - 1, static_cast<int>(top) + j - 1);
    return point + sum;
  }
  using Warp::apply;

 private:
  const cv::Point2d& node(int x, int y) const {
    return displacements_[static_cast<std::size_t>(std::clamp(y, 0, nodes_.height - 1) * nodes_.width +
                                                   std::clamp(x, 0, nodes_.width - 1))];
  }

  /// The spline's slope is a mean of the differences of neighbours. If these are under 0.45 of the distance along both axes, the
  /// displacement's derivative has a norm under 0.9: p + d(p) is one to one, and apply() converges.
  void require_no_folds() const {
    constexpr double kSteepest = 0.45;
    const auto require = [&](cv::Point2d difference, double distance) {
      const double steepness = std::max(std::abs(difference.x), std::abs(difference.y)) / distance;
      if (!(steepness < kSteepest))
        throw OptionError(
            fmt::format("[elastic] displacements of neighbouring nodes differ by {:.2f} of their distance, expected less than {}",
                        steepness, kSteepest));
    };
    for (int y = 0; y < nodes_.height; ++y)
      for (int x = 0; x < nodes_.width; ++x) {
        if (x > 0) require(node(x, y) - node(x - 1, y), spacing_.x);
        if (y > 0) require(node(x, y) - node(x, y - 1), spacing_.y);
      }
  }

  cv::Size nodes_;
  std::vector<cv::Point2d> displacements_;
  cv::Point2d spacing_;
};

}  // namespace

std::unique_ptr<Transform> make_elastic(cv::Size input, cv::Size nodes, std::vector<cv::Point2d> displacements, double pad_value) {
  return std::make_unique<Elastic>(input, nodes, std::move(displacements), pad_value);
}

}  // namespace fovea
