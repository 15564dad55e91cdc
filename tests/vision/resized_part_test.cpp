#include "fovea/vision/resized_part.hpp"

#include <gtest/gtest.h>

#include <opencv2/imgproc.hpp>

#include "fovea/base/error.hpp"
#include "fovea/base/random.hpp"
#include "fovea/vision/augmentation.hpp"
#include "fovea/vision/random_changes.hpp"
#include "jpeg_bytes.hpp"
#include "mat_matchers.hpp"

namespace fovea {

namespace {

const cv::Size kSize(70, 50);

TEST(SplitTransform, TakesCropResizeAndFlip) {
  const auto transform = chain(kSize, make_crop(kSize, {10, 5, 40, 30}), chain({40, 30}, make_crop({40, 30}, {1, 2, 30, 20})),
                               make_resize({30, 20}, {16, 8}), make_resize({16, 8}, {16, 8}), make_flip({16, 8}));
  const SplitTransform steps = split(*transform);
  EXPECT_EQ(steps.first.area, cv::Rect(11, 7, 30, 20));
  EXPECT_EQ(steps.first.size, cv::Size(16, 8));
  EXPECT_TRUE(steps.first.mirrored);
  EXPECT_TRUE(steps.rest.empty());
}

TEST(SplitTransform, LeavesWhatItCannotTake) {
  const auto rest_of = [](const std::unique_ptr<Transform>& transform) { return split(*transform).rest.size(); };
  EXPECT_EQ(rest_of(make_chain(kSize, {})), 0U);
  EXPECT_EQ(rest_of(make_flip(kSize, FlipAxis::vertical)), 1U);
  EXPECT_EQ(rest_of(make_crop(kSize, {-1, 0, 20, 20})), 1U) << "padding";
  EXPECT_EQ(rest_of(chain(kSize, make_flip(kSize), make_resize(kSize, {9, 9}))), 1U) << "a resized mirror image may round in another way";
  EXPECT_EQ(rest_of(chain(kSize, make_resize(kSize, {20, 20}), make_resize({20, 20}, {9, 9}))), 1U);
  EXPECT_EQ(rest_of(chain(kSize, make_resize(kSize, {20, 20}), make_crop({20, 20}, {1, 1, 9, 9}))), 1U);
}

/// The transform, applied as a whole and through its resized part.
void expect_same(const Transform& transform, const cv::Mat& picture, const std::string& what) {
  const SplitTransform steps = split(transform);
  const ImagePart source{picture(steps.first.area), cv::Rect2d({0, 0}, cv::Size2d(steps.first.area.size()))};
  cv::Mat pixels = resized_pixels(source, steps.first);
  for (const Transform* step : steps.rest) pixels = step->apply(pixels);
  ASSERT_TRUE(test::same_image(pixels, transform.apply(picture))) << what;
}

TEST(ResizedPart, GivesTheBitsOfTheTransform) {
  const cv::Mat picture = test::grainy_picture(kSize);
  for (int width = 1; width <= 2 * kSize.width; width += 3)
    for (int height = 1; height <= 2 * kSize.height; height += 7)
      expect_same(*make_resize(kSize, {width, height}), picture, std::to_string(width) + "x" + std::to_string(height));
  for (const cv::Size size : {cv::Size(35, 25), cv::Size(14, 10), cv::Size(7, 25), kSize, cv::Size(70, 20), cv::Size(69, 49)})
    expect_same(*make_resize(kSize, size), picture, "whole factors, or an axis that stays");
}

TEST(ResizedPart, GivesTheBitsOfWhatAugmentationsDraw) {
  const cv::Mat picture = test::grainy_picture({211, 167});
  const AugmentationSequence sequence({std::make_shared<RandomResizedCrop>(RandomResizedCrop::Options{.output = {48, 40}}),
                                       std::make_shared<RandomFlip>(), sometimes(0.3, random_color_jitter())});
  RandomStream stream(3, 0, 0);
  for (int i = 0; i < 300; ++i) expect_same(*sequence.draw(picture.size(), stream), picture, "draw " + std::to_string(i));
}

TEST(ResizedPart, FillsWhatPreprocessingFills) {
  const Preprocessing preprocessing{
      .width = 23, .height = 17, .channels = 3, .mean = {0.485, 0.456, 0.406}, .deviation = {0.229, 0.224, 0.225}};
  const cv::Mat picture = test::grainy_picture(kSize);
  for (const bool mirrored : {false, true})
    for (const cv::Rect area : {cv::Rect({0, 0}, kSize), cv::Rect(3, 4, 12, 11), cv::Rect(3, 4, 46, 34), cv::Rect(20, 20, 23, 17)}) {
      const ResizedPart part{.area = area, .size = {23, 17}, .mirrored = mirrored};
      const ImagePart source{picture(area), cv::Rect2d({0, 0}, cv::Size2d(area.size()))};
      std::vector<float> expected(23 * 17 * 3), found(expected.size());
      preprocessing.fill(resized_pixels(source, part), expected.data());
      fill_resized(source, part, preprocessing, found.data());
      EXPECT_EQ(found, expected) << area << mirrored;
    }
  std::vector<float> values(23 * 17 * 3);
  EXPECT_THROW(
      fill_resized({picture, {{0, 0}, cv::Size2d(kSize)}}, {.area = {{0, 0}, kSize}, .size = {5, 5}}, preprocessing, values.data()),
      ShapeError);
}

TEST(ResizedPart, EdgesBetweenPixels) {
  // A ramp of 10 a pixel; from 0.5 to 3.5 into one pixel: (0.5 * 0 + 10 + 20 + 0.5 * 30) / 3 = 15. Into two: (0 / 2 + 10) / 1.5 and 23.3.
  cv::Mat ramp(1, 4, CV_8UC3);
  for (int x = 0; x < 4; ++x) ramp.at<cv::Vec3b>(0, x) = cv::Vec3b::all(static_cast<std::uint8_t>(10 * x));
  const ImagePart source{ramp, {0.5, 0, 3, 1}};
  EXPECT_EQ(resized_pixels(source, {.size = {1, 1}}).at<cv::Vec3b>(0, 0), cv::Vec3b::all(15));
  const cv::Mat two = resized_pixels(source, {.size = {2, 1}});
  EXPECT_EQ(two.at<cv::Vec3b>(0, 0), cv::Vec3b::all(7));
  EXPECT_EQ(two.at<cv::Vec3b>(0, 1), cv::Vec3b::all(23));
}

TEST(ResizedPart, ReducesOnlyWhatShrinksByAsMuch) {
  const auto reduction = [](int width, int height) { return reduction_for({.area = {3, 5, width, height}, .size = {224, 200}}); };
  EXPECT_EQ(reduction(223, 300), 1);
  EXPECT_EQ(reduction(447, 1000), 1);
  EXPECT_EQ(reduction(448, 400), 2);
  EXPECT_EQ(reduction(2000, 799), 2);
  EXPECT_EQ(reduction(896, 800), 4);
  EXPECT_EQ(reduction(1792, 1599), 4);
  EXPECT_EQ(reduction(1792, 1600), 8);
  EXPECT_EQ(reduction(60'000, 60'000), 8);
}

}  // namespace

}  // namespace fovea
