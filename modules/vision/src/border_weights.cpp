#include "fovea/vision/border_weights.hpp"

#include <fmt/format.h>

#include <cmath>
#include <limits>
#include <opencv2/imgproc.hpp>
#include <unordered_map>

#include "fovea/base/error.hpp"

namespace fovea {

namespace {

constexpr double kReach = 6;  // sigmas; beyond, the border's term is under w0 exp(-18)

void check(const cv::Mat& instances, const BorderWeightOptions& o) {
  if (instances.dims != 2 || instances.empty() || instances.type() != CV_32SC1)
    throw ShapeError(fmt::format("[border_weights] expected instances of 32-bit integers, found {}x{} of type {}", instances.cols,
                                 instances.rows, cv::typeToString(instances.type())));
  const auto require = [](const char* name, double value, bool good) {
    if (!good || !std::isfinite(value)) throw OptionError(fmt::format("[border_weights] {} is out of range, found {}", name, value));
  };
  require("w0", o.w0, o.w0 >= 0);
  require("sigma", o.sigma, o.sigma > 0);
  require("the weight of the background", o.background_weight, o.background_weight >= 0);
  require("the weight of objects", o.object_weight, o.object_weight >= 0);
}

/// The box around each object.
std::unordered_map<std::int32_t, cv::Rect> boxes_of(const cv::Mat& instances) {
  std::unordered_map<std::int32_t, cv::Rect> boxes;
  for (int y = 0; y < instances.rows; ++y) {
    const auto* const row = instances.ptr<std::int32_t>(y);
    for (int x = 0; x < instances.cols; ++x)
      if (row[x] != 0) boxes.try_emplace(row[x], x, y, 1, 1).first->second |= cv::Rect(x, y, 1, 1);
  }
  return boxes;
}

/// Moves the distances to one object into those to the nearest and second nearest.
void merge_distances(const cv::Mat& distances, cv::Mat nearest, cv::Mat second) {
  for (int y = 0; y < distances.rows; ++y) {
    const auto* const d = distances.ptr<float>(y);
    auto* const d1 = nearest.ptr<float>(y);
    auto* const d2 = second.ptr<float>(y);
    for (int x = 0; x < distances.cols; ++x) {
      d2[x] = std::min(d2[x], std::max(d1[x], d[x]));
      d1[x] = std::min(d1[x], d[x]);
    }
  }
}

}  // namespace

cv::Mat border_weights(const cv::Mat& instances, const BorderWeightOptions& o) {
  check(instances, o);
  const cv::Scalar far(std::numeric_limits<float>::infinity());
  cv::Mat nearest(instances.size(), CV_32F, far), second(instances.size(), CV_32F, far);
  const int reach = static_cast<int>(std::min(std::ceil(kReach * o.sigma), 1e6));
  const cv::Rect whole({}, instances.size());
  // An object matters only around itself: large images of many small objects cost no more than the objects' surroundings.
  for (const auto& [label, box] : boxes_of(instances)) {
    const cv::Rect around = cv::Rect(box.x - reach, box.y - reach, box.width + 2 * reach, box.height + 2 * reach) & whole;
    cv::Mat distances;
    cv::distanceTransform(instances(around) != label, distances, cv::DIST_L2, cv::DIST_MASK_PRECISE);
    merge_distances(distances, nearest(around), second(around));
  }
  cv::Mat weights(instances.size(), CV_32F);
  for (int y = 0; y < weights.rows; ++y)
    for (int x = 0; x < weights.cols; ++x) {
      const bool is_object = instances.at<std::int32_t>(y, x) != 0;
      const double sum = static_cast<double>(nearest.at<float>(y, x)) + second.at<float>(y, x);
      const double border = is_object ? 0 : o.w0 * std::exp(-sum * sum / (2 * o.sigma * o.sigma));
      weights.at<float>(y, x) = static_cast<float>((is_object ? o.object_weight : o.background_weight) + border);
    }
  return weights;
}

}  // namespace fovea
