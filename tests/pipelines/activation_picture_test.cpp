#include "fovea/pipelines/activation_picture.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <opencv2/core.hpp>

#include "fovea/base/error.hpp"

namespace fovea {
namespace {

ActivationStatistics bars(std::vector<std::int64_t> histogram) {
  ActivationStatistics s{.layer = "conv1", .operation = "relu", .shape = {1, 1, 1, 10}, .maximum = 2};
  s.histogram = std::move(histogram);
  return s;
}

TEST(ActivationPicture, ASheetOfOneChartPerOperation) {
  const std::vector<ActivationStatistics> four(4, bars({1, 2, 7}));
  const cv::Mat sheet = draw_activation_statistics(four);
  EXPECT_EQ(sheet.cols, 3 * 480);
  EXPECT_EQ(sheet.rows, 2 * 300);
  const auto chart = [&](int x, int y) { return sheet(cv::Rect(x * 480, y * 300, 480, 300)); };
  EXPECT_EQ(cv::norm(chart(0, 0), chart(0, 1), cv::NORM_INF), 0) << "equal numbers, equal pictures";
  EXPECT_EQ(cv::norm(chart(2, 1), cv::Mat(300, 480, CV_8UC3, cv::Scalar::all(255)), cv::NORM_INF), 0) << "empty places are white";
  EXPECT_GT(cv::norm(chart(0, 0), draw_activation_statistics(std::vector<ActivationStatistics>{bars({7, 2, 1})}), cv::NORM_INF), 0);
  EXPECT_THROW(draw_activation_statistics({}), OptionError);
}

TEST(ActivationPicture, DrawsConstantAndSpoiltOutputs) {
  ActivationStatistics constant = bars({10, 0, 0}), spoilt = bars({0, 0, 0});
  constant.maximum = 0;
  spoilt.mean = spoilt.deviation = std::nan("");
  EXPECT_EQ(draw_activation_statistics(std::vector<ActivationStatistics>{constant, spoilt}).cols, 2 * 480);
}

}  // namespace
}  // namespace fovea
