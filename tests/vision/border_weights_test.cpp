// The U-Net's weights of borders, against equation 2 as it stands.
#include "fovea/vision/border_weights.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <opencv2/imgproc.hpp>

#include "fovea/base/error.hpp"
#include "fovea/base/random.hpp"

namespace fovea {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

/// Discs at random places, later ones over earlier ones.
cv::Mat discs(cv::Size size, int count, std::uint64_t seed) {
  cv::Mat instances = cv::Mat::zeros(size, CV_32S);
  RandomStream stream(seed);
  const auto below = [&](int limit) { return static_cast<int>(stream.below(static_cast<std::uint64_t>(limit))); };
  for (int i = 0; i < count; ++i)
    cv::circle(instances, {below(size.width), below(size.height)}, 1 + below(6), cv::Scalar(7 * i - 40), cv::FILLED);
  return instances;
}

double naive_weight(const cv::Mat& instances, cv::Point at, const BorderWeightOptions& o) {
  if (instances.at<std::int32_t>(at) != 0) return o.object_weight;
  std::map<std::int32_t, double> distances;
  for (int y = 0; y < instances.rows; ++y)
    for (int x = 0; x < instances.cols; ++x)
      if (const std::int32_t label = instances.at<std::int32_t>(y, x); label != 0) {
        const double distance = std::hypot(x - at.x, y - at.y);
        const auto [entry, is_new] = distances.try_emplace(label, distance);
        entry->second = std::min(entry->second, distance);
      }
  std::vector<double> sorted;
  for (const auto& [label, distance] : distances) sorted.push_back(distance);
  if (sorted.size() < 2) return o.background_weight;
  std::sort(sorted.begin(), sorted.end());
  return o.background_weight + o.w0 * std::exp(-std::pow(sorted[0] + sorted[1], 2) / (2 * o.sigma * o.sigma));
}

TEST(BorderWeights, AreTheEquation) {
  for (const BorderWeightOptions& o : {BorderWeightOptions{}, BorderWeightOptions{.w0 = 3, .sigma = 1.5, .background_weight = 0.25},
                                       BorderWeightOptions{.sigma = 40, .object_weight = 2}})
    for (const cv::Size size : {cv::Size(48, 37), cv::Size(1, 1), cv::Size(60, 1), cv::Size(9, 23)})
      for (const int count : {0, 1, 2, 9}) {
        const cv::Mat instances = discs(size, count, 5);
        const cv::Mat weights = border_weights(instances, o);
        ASSERT_EQ(weights.type(), CV_32F);
        ASSERT_EQ(weights.size(), size);
        for (int y = 0; y < size.height; ++y)
          for (int x = 0; x < size.width; ++x)
            ASSERT_NEAR(weights.at<float>(y, x), naive_weight(instances, {x, y}, o), 1e-5 * (1 + o.w0)) << x << "," << y << ", " << count;
      }
}

TEST(BorderWeights, AreLargestBetweenTouchingObjects) {
  cv::Mat instances = cv::Mat::zeros(1, 60, CV_32S);
  instances.colRange(0, 20).setTo(1);
  instances.colRange(21, 40).setTo(2);
  const cv::Mat weights = border_weights(instances);
  EXPECT_NEAR(weights.at<float>(0, 20), 1 + 10 * std::exp(-4.0 / 50), 1e-5);
  EXPECT_NEAR(weights.at<float>(0, 40), 1 + 10 * std::exp(-22.0 * 22 / 50), 1e-5);  // 1 from the second, 21 from the first
  EXPECT_EQ(weights.at<float>(0, 10), 1);
}

TEST(BorderWeights, RefuseWhatDoesNotFit) {
  const cv::Mat good = cv::Mat::zeros(3, 3, CV_32S);
  EXPECT_THAT([] { border_weights(cv::Mat::zeros(3, 4, CV_8U)); },
              ThrowsMessage<ShapeError>(HasSubstr("[border_weights] expected instances of 32-bit integers, found 4x3 of type CV_8UC1")));
  EXPECT_THROW(border_weights(cv::Mat()), ShapeError);
  EXPECT_THAT([&] { border_weights(good, {.sigma = 0}); }, ThrowsMessage<OptionError>(HasSubstr("sigma is out of range, found 0")));
  EXPECT_THROW(border_weights(good, {.w0 = -1}), OptionError);
  EXPECT_THROW(border_weights(good, {.w0 = NAN}), OptionError);
  EXPECT_THROW(border_weights(good, {.object_weight = INFINITY}), OptionError);
}

}  // namespace
}  // namespace fovea
