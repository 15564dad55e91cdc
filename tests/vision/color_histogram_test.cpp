#include "fovea/vision/color_histogram.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <numeric>
#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>
#include <vector>

#include "fovea/base/error.hpp"

namespace fovea {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::ThrowsMessage;
using Space = ColorHistogramOptions::Space;

std::vector<float> histogram_of(const cv::Mat& image, const ColorHistogramOptions& options) {
  std::vector<float> histogram(static_cast<std::size_t>(color_histogram_size(image.channels(), options)), -1);
  color_histogram(image, options, histogram);
  return histogram;
}

TEST(ColorHistogram, CountsTheSharesOfPixels) {
  const cv::Mat grey = (cv::Mat_<float>(1, 4) << 0, 0.49f, 0.5f, 1);
  EXPECT_THAT(histogram_of(grey, {.grey_bins = 2}), ElementsAre(0.5f, 0.5f));
  EXPECT_THAT(histogram_of(grey, {.grey_bins = 4}), ElementsAre(0.25f, 0.25f, 0.25f, 0.25f));
  cv::Mat rgb(1, 2, CV_32FC3);
  rgb.at<cv::Vec3f>(0, 0) = {1, 0, 0};
  rgb.at<cv::Vec3f>(0, 1) = {0, 0.2f, 0.9f};
  EXPECT_THAT(histogram_of(rgb, {.space = Space::rgb, .bins = {2, 1, 2}}), ElementsAre(0, 0.5f, 0.5f, 0));  // red outer, blue inner
}

/// OpenCV's conversion is another implementation of the same hexagonal model.
TEST(ColorHistogram, HueSaturationAndValueAreOpenCvs) {
  cv::Mat rgb(40, 50, CV_32FC3), hsv;
  cv::randu(rgb, 0, 1);
  cv::cvtColor(rgb, hsv, cv::COLOR_RGB2HSV);
  std::vector<float> expected(8 * 4 * 4);
  for (int y = 0; y < rgb.rows; ++y)
    for (int x = 0; x < rgb.cols; ++x) {
      const auto& v = hsv.at<cv::Vec3f>(y, x);
      expected[static_cast<std::size_t>((std::min(static_cast<int>(v[0] / 45), 7) * 4 + std::min(static_cast<int>(v[1] * 4), 3)) * 4 +
                                        std::min(static_cast<int>(v[2] * 4), 3))] += 1.f / 2000;
    }
  const std::vector<float> actual = histogram_of(rgb, {});
  double difference = 0;
  for (std::size_t i = 0; i < expected.size(); ++i) difference += std::abs(actual[i] - expected[i]);
  EXPECT_LE(difference, 4.1 / 2000);  // two pixels may fall on the other side of a border by rounding
  EXPECT_NEAR(std::accumulate(actual.begin(), actual.end(), 0.0), 1, 1e-6);
}

TEST(ColorHistogram, OddValuesCountAsTheNearest) {
  const cv::Mat odd = (cv::Mat_<float>(1, 4) << -3, NAN, 7, INFINITY);
  EXPECT_THAT(histogram_of(odd, {.grey_bins = 2}), ElementsAre(0.5f, 0.5f));
  EXPECT_THAT(histogram_of(cv::Mat(0, 4, CV_32F), {.grey_bins = 2}), ElementsAre(0, 0));
}

TEST(ColorHistogram, SaysWhatItWants) {
  EXPECT_THAT([] { color_histogram_size(3, {.bins = {8, 0, 4}}); }, ThrowsMessage<OptionError>(HasSubstr("1 to 256")));
  EXPECT_THAT([] { color_histogram_size(2); }, ThrowsMessage<ShapeError>(HasSubstr("1 or 3 channels, found 2")));
  std::vector<float> few(3);
  EXPECT_THAT([&] { color_histogram(cv::Mat::zeros(2, 2, CV_8U), {}, few); }, ThrowsMessage<ShapeError>(HasSubstr("f32 values")));
  EXPECT_THAT([&] { color_histogram(cv::Mat::zeros(2, 2, CV_32F), {}, few); }, ThrowsMessage<ShapeError>(HasSubstr("room for 3")));
}

}  // namespace
}  // namespace fovea
