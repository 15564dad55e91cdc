#include "fovea/vision/transform.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fovea/base/error.hpp"
#include "fovea/base/random.hpp"
#include "mat_matchers.hpp"

namespace fovea {

namespace {

using test::numbered_image;
using test::same_image;

void expect_near(cv::Point2d a, cv::Point2d b) {
  EXPECT_NEAR(a.x, b.x, 1e-9 * (1 + std::abs(b.x)));
  EXPECT_NEAR(a.y, b.y, 1e-9 * (1 + std::abs(b.y)));
}

TEST(Transform, InvertsEveryPoint) {
  const cv::Size input(64, 37);
  std::vector<std::unique_ptr<Transform>> transforms;
  transforms.push_back(make_resize(input, {224, 11}));
  transforms.push_back(make_letterbox(input, {100, 101}, 0));
  transforms.push_back(make_center_crop(input, {28, 28}));
  transforms.push_back(make_crop(input, {-3, 5, 80, 20}));
  transforms.push_back(make_flip(input));
  transforms.push_back(make_chain(input, {}));
  transforms.push_back(chain(input, make_flip(input), make_crop(input, {4, 4, 10, 20}), make_resize({10, 20}, {7, 9})));
  RandomStream stream(1);
  for (const auto& transform : transforms)
    for (int i = 0; i < 50; ++i) {
      const cv::Point2d point(stream.uniform(-20, 90), stream.uniform(-20, 90));
      expect_near(transform->invert(transform->apply(point)), point);
      expect_near(transform->apply(transform->invert(point)), point);
    }
}

TEST(Transform, RefusesOtherSizes) {
  const auto flip = make_flip({4, 3});
  EXPECT_THROW(flip->apply(numbered_image(3, 4)), ShapeError);
  EXPECT_THROW(flip->apply(cv::Mat()), ShapeError);
  EXPECT_THROW(make_resize({4, 3}, {0, 3}), OptionError);
  EXPECT_THROW(make_letterbox({4, 3}, {3, 0}, 0), OptionError);
  EXPECT_THROW(make_center_crop({0, 3}, {3, 3}), OptionError);
  EXPECT_THROW(make_crop({4, 3}, {0, 0, 0, 1}), OptionError);
  EXPECT_THROW(chain({4, 3}, make_flip({4, 3}), make_flip({3, 4})), ShapeError);
}

TEST(Transform, KeepsTypeAndChannels) {
  for (const int depth : {CV_8U, CV_8S, CV_16U, CV_16S, CV_32S, CV_32F, CV_64F})
    for (const int channels : {1, 2, 3, 4, 7}) {
      const int type = CV_MAKETYPE(depth, channels);
      const cv::Mat image(10, 12, type, cv::Scalar());
      const cv::Size input(12, 10);
      for (const auto& transform : {make_resize(input, {5, 20}).release(), make_letterbox(input, {9, 9}, 3).release(),
                                    make_crop(input, {-1, -1, 20, 20}, 3).release(), make_flip(input).release()}) {
        const std::unique_ptr<Transform> owner(transform);
        const cv::Mat result = transform->apply(image);
        EXPECT_EQ(result.type(), type);
        EXPECT_EQ(result.size(), transform->output_size());
      }
    }
}

TEST(Resize, AveragesWhenShrinking) {
  const cv::Mat image = (cv::Mat_<std::uint8_t>(2, 4) << 0, 10, 100, 200, 20, 30, 50, 50);
  EXPECT_TRUE(same_image(make_resize({4, 2}, {2, 1})->apply(image), (cv::Mat_<std::uint8_t>(1, 2) << 15, 100)));
  const cv::Mat thirds = (cv::Mat_<float>(1, 3) << 3, 6, 9);  // the middle pixel belongs half to each
  const cv::Mat two = make_resize({3, 1}, {2, 1})->apply(thirds);
  EXPECT_NEAR(two.at<float>(0, 0), 4, 1e-5);
  EXPECT_NEAR(two.at<float>(0, 1), 8, 1e-5);
}

TEST(Resize, InterpolatesWhenEnlarging) {
  const cv::Mat image = (cv::Mat_<float>(1, 2) << 0, 8);
  // New centres lie at 0.25, 0.75, 1.25, 1.75 of the old pixels, whose centres are 0.5 and 1.5.
  EXPECT_TRUE(same_image(make_resize({2, 1}, {4, 1})->apply(image), (cv::Mat_<float>(1, 4) << 0, 2, 6, 8)));
}

TEST(Resize, OneLineBecomesASquare) {
  cv::Mat line(1, 60'000, CV_8UC3);
  for (int x = 0; x < line.cols; ++x) line.at<cv::Vec3b>(0, x) = cv::Vec3b(x < 30'000 ? 0 : 200, x % 2 ? 100 : 50, 7);
  const cv::Mat square = make_resize(line.size(), {28, 28})->apply(line);
  ASSERT_EQ(square.size(), cv::Size(28, 28));
  for (int y = 0; y < 28; ++y)
    for (int x = 0; x < 28; ++x) {
      const cv::Vec3b pixel = square.at<cv::Vec3b>(y, x);
      EXPECT_EQ(pixel[0], x < 14 ? 0 : 200);
      EXPECT_NEAR(pixel[1], 75, 1);
      EXPECT_EQ(pixel[2], 7);
    }
}

TEST(Resize, KeepsLabels) {
  const cv::Mat image(2, 2, CV_32S, cv::Scalar(1'000'007));
  EXPECT_TRUE(same_image(make_resize({2, 2}, {5, 1})->apply(image), cv::Mat(1, 5, CV_32S, cv::Scalar(1'000'007))));
}

TEST(Resize, TreatsManyChannelsAlike) {
  const cv::Mat image = numbered_image(8, 6, CV_32FC(7));
  const cv::Mat result = make_resize({8, 6}, {4, 12})->apply(image);
  cv::Mat fifth, expected;
  cv::extractChannel(image, fifth, 5);
  cv::extractChannel(result, expected, 5);
  EXPECT_TRUE(same_image(make_resize({8, 6}, {4, 12})->apply(fifth), expected));
}

TEST(Resize, NeverSharesPixels) {
  cv::Mat image = numbered_image(4, 3);
  const cv::Mat same = make_resize({4, 3}, {4, 3})->apply(image), chained = make_chain({4, 3}, {})->apply(image);
  image.setTo(0);
  EXPECT_TRUE(same_image(same, numbered_image(4, 3)));
  EXPECT_TRUE(same_image(chained, numbered_image(4, 3)));
}

TEST(Letterbox, CentresOnThePadValue) {
  const auto transform = make_letterbox({4, 2}, {8, 8}, 9);
  const cv::Mat result = transform->apply(cv::Mat(2, 4, CV_8UC3, cv::Scalar(1, 2, 3)));
  cv::Mat expected(8, 8, CV_8UC3, cv::Scalar(9, 9, 9));
  expected.rowRange(2, 6).setTo(cv::Scalar(1, 2, 3));
  EXPECT_TRUE(same_image(result, expected));
  expect_near(transform->apply(cv::Point2d(0, 0)), {0, 2});
  expect_near(transform->apply(cv::Point2d(4, 2)), {8, 6});
  expect_near(transform->invert({4, 4}), {2, 1});
}

TEST(Letterbox, KeepsAtLeastOnePixel) {
  const cv::Mat result = make_letterbox({60'000, 1}, {28, 28}, 0)->apply(cv::Mat(1, 60'000, CV_8U, cv::Scalar(255)));
  EXPECT_EQ(cv::countNonZero(result), 28);
  EXPECT_EQ(cv::countNonZero(result.row(13)), 28);
}

TEST(CenterCrop, TakesTheMiddle) {
  cv::Mat image(2, 6, CV_8U, cv::Scalar(0));
  image.colRange(2, 4).setTo(50);
  const auto transform = make_center_crop({6, 2}, {4, 4});
  EXPECT_TRUE(same_image(transform->apply(image), cv::Mat(4, 4, CV_8U, cv::Scalar(50))));
  expect_near(transform->apply(cv::Point2d(3, 1)), {2, 2});
  EXPECT_EQ(make_center_crop({60'000, 1}, {28, 28})->apply(cv::Mat(1, 60'000, CV_8U, cv::Scalar(3))).size(), cv::Size(28, 28));
}

TEST(Crop, TakesExactlyTheArea) {
  const cv::Mat image = numbered_image(6, 5);
  const auto inside = make_crop({6, 5}, {2, 1, 3, 4});
  EXPECT_TRUE(same_image(inside->apply(image), image(cv::Rect(2, 1, 3, 4))));
  expect_near(inside->apply(cv::Point2d(2.5, 1.5)), {0.5, 0.5});
}

TEST(Crop, PadsOutsideTheImage) {
  const cv::Mat image = numbered_image(3, 2);
  const cv::Mat result = make_crop({3, 2}, {-1, -2, 6, 5}, 17)->apply(image);
  cv::Mat expected(5, 6, CV_8UC3, cv::Scalar::all(17));
  image.copyTo(expected({1, 2, 3, 2}));
  EXPECT_TRUE(same_image(result, expected));
  EXPECT_TRUE(same_image(make_crop({3, 2}, {10, 10, 2, 2}, 17)->apply(image), cv::Mat(2, 2, CV_8UC3, cv::Scalar::all(17))));
}

TEST(Flip, IsExactAndItsOwnInverse) {
  const cv::Mat image = numbered_image(5, 3);
  const auto flip = make_flip({5, 3});
  const cv::Mat mirrored = flip->apply(image);
  for (int y = 0; y < 3; ++y)
    for (int x = 0; x < 5; ++x) EXPECT_EQ(mirrored.at<cv::Vec3b>(y, 4 - x), image.at<cv::Vec3b>(y, x));
  EXPECT_TRUE(same_image(flip->apply(mirrored), image));
  expect_near(flip->apply(cv::Point2d(0.5, 1.5)), {4.5, 1.5});
}

TEST(Chain, AppliesInOrder) {
  const cv::Mat image = numbered_image(6, 5);
  const auto transform = chain({6, 5}, make_flip({6, 5}), make_crop({6, 5}, {0, 0, 2, 5}));
  const cv::Mat expected = make_flip({2, 5})->apply(image.colRange(4, 6));
  EXPECT_TRUE(same_image(transform->apply(image), expected));
  expect_near(transform->apply(cv::Point2d(5.5, 0.5)), {0.5, 0.5});
}

}  // namespace

}  // namespace fovea
