#include "fovea/proposals/colour_space.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <opencv2/core.hpp>

#include "fovea/base/error.hpp"

namespace fovea {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;
using enum ColourSpace;

cv::Vec3b colour_in(ColourSpace space, const cv::Vec3b& bgr) {
  return to_colour_space(cv::Mat(1, 1, CV_8UC3, cv::Scalar(bgr)), space).at<cv::Vec3b>(0, 0);
}

TEST(ColourSpaces, WorkedColours) {
  EXPECT_EQ(colour_in(normalized_rgb, {10, 20, 30}), cv::Vec3b(43, 85, 128)) << "255 / 6, 255 / 3, 255 / 2, rounded";
  EXPECT_EQ(colour_in(normalized_rgb, {0, 0, 0}), cv::Vec3b(85, 85, 85));
  EXPECT_EQ(colour_in(rgi, {0, 0, 255}), cv::Vec3b(76, 0, 255)) << "intensity 0.299 R in the place of b";
  EXPECT_EQ(colour_in(hsv, {0, 0, 255}), cv::Vec3b(0, 255, 255));
  EXPECT_EQ(colour_in(hsv, {0, 255, 0}), cv::Vec3b(85, 255, 255)) << "a third of the circle";
  EXPECT_EQ(colour_in(lab, {255, 255, 255}), cv::Vec3b(255, 128, 128));
  EXPECT_EQ(to_colour_space(cv::Mat(1, 1, CV_8UC3, cv::Scalar(0, 255, 0)), hue).at<std::uint8_t>(0, 0), 85);
  EXPECT_EQ(to_colour_space(cv::Mat(1, 1, CV_8UC3, cv::Scalar(0, 255, 0)), intensity).at<std::uint8_t>(0, 0), 150);
}

TEST(ColourSpaces, GreyIsAColour) {
  for (const ColourSpace space : {hsv, lab, rgi, hue, normalized_rgb, intensity}) {
    const cv::Mat grey(2, 3, CV_8U, cv::Scalar(77)), bgr(2, 3, CV_8UC3, cv::Scalar::all(77));
    const cv::Mat a = to_colour_space(grey, space), b = to_colour_space(bgr, space);
    EXPECT_EQ(cv::norm(a, b, cv::NORM_INF), 0) << name_of(space);
    EXPECT_EQ(a.channels(), space == hue || space == intensity ? 1 : 3) << name_of(space);
  }
}

TEST(ColourSpaces, WantBytes) {
  EXPECT_THAT([] { to_colour_space(cv::Mat(1, 1, CV_16UC3), lab); }, ThrowsMessage<ShapeError>(HasSubstr("8-bit BGR or grey")));
}

}  // namespace
}  // namespace fovea
