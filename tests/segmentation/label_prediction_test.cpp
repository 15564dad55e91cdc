#include "fovea/segmentation/label_prediction.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <opencv2/core.hpp>

#include "fovea/base/error.hpp"

namespace fovea {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

bool equal(const cv::Mat& a, const cv::Mat& b) { return a.size() == b.size() && a.type() == b.type() && cv::countNonZero(a != b) == 0; }

TEST(MostLikelyClasses, AreTheHighestScoresAndOfEqualsTheLowestClass) {
  const Tensor logits = Tensor::from({9.f, 0.f, 0.f, 0.f, 0.f, 0.f,  // another image
                                      1.f, 2.f, 3.f, 5.f, 5.f, 4.f},
                                     {2, 1, 2, 3});
  EXPECT_TRUE(equal(most_likely_classes(logits, 1, CV_8UC1), (cv::Mat_<std::uint8_t>(1, 2) << 2, 0)));
  EXPECT_TRUE(equal(most_likely_classes(logits, 1, CV_16UC1), (cv::Mat_<std::uint16_t>(1, 2) << 2, 0)));
  EXPECT_THAT([&] { most_likely_classes(logits, 2, CV_8UC1); }, ThrowsMessage<ShapeError>(HasSubstr("found [2,1,2,3]")));
  EXPECT_THAT(
      [&] {
        most_likely_classes(Tensor::zeros({1, 1, 1, 256}), 0, CV_8UC1);
      },
      ThrowsMessage<ShapeError>(HasSubstr("at most 255 classes")));
}

TEST(LabelsInPicture, ComeBackThroughTheGeometry) {
  const cv::Mat found = (cv::Mat_<std::uint8_t>(2, 4) << 1, 2, 3, 4, 5, 6, 7, 8);
  EXPECT_TRUE(equal(labels_in_picture(found, *make_resize({4, 2}, {4, 2}), 255), found));
  const cv::Mat twice = labels_in_picture(found, *make_resize({8, 4}, {4, 2}), 255);
  for (int y = 0; y < 4; ++y)
    for (int x = 0; x < 8; ++x) EXPECT_EQ(twice.at<std::uint8_t>(y, x), found.at<std::uint8_t>(y / 2, x / 2));
  const cv::Mat flipped = labels_in_picture(found, *make_flip({4, 2}), 255);
  EXPECT_TRUE(equal(flipped, (cv::Mat_<std::uint8_t>(2, 4) << 4, 3, 2, 1, 8, 7, 6, 5)));
}

TEST(LabelsInPicture, AreFilledWhereNothingWasFound) {
  const cv::Mat found = (cv::Mat_<std::uint8_t>(1, 2) << 1, 2);
  const cv::Mat wanted = (cv::Mat_<std::uint8_t>(3, 4) << 9, 9, 9, 9, 9, 1, 2, 9, 9, 9, 9, 9);
  EXPECT_TRUE(equal(labels_in_picture(found, *make_resize({4, 3}, {4, 3}), 9), wanted)) << "a network without padding";
  const cv::Mat cropped = labels_in_picture(found, *make_center_crop({4, 1}, {2, 1}), 9);
  EXPECT_TRUE(equal(cropped, (cv::Mat_<std::uint8_t>(1, 4) << 9, 1, 2, 9))) << "a picture that was cut";
  EXPECT_THAT([&] { labels_in_picture(found, *make_resize({4, 3}, {1, 1}), 9); }, ThrowsMessage<ShapeError>(HasSubstr("at most 1x1")));
}

}  // namespace
}  // namespace fovea
