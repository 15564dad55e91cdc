#include "fovea/vision/augmentation.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "fovea/base/error.hpp"
#include "mat_matchers.hpp"

namespace fovea {

namespace {

using test::numbered_image;
using test::same_image;

TEST(RandomFlip, FollowsItsProbability) {
  RandomStream stream(3);
  int flipped = 0;
  for (int i = 0; i < 4'000; ++i) flipped += RandomFlip(0.25).draw({8, 8}, stream)->apply(cv::Point2d(1, 1)).x == 7;
  EXPECT_NEAR(flipped, 1'000, 4 * std::sqrt(4'000 * 0.25 * 0.75));  // four standard deviations
  EXPECT_EQ(RandomFlip(0).draw({8, 8}, stream)->apply(cv::Point2d(1, 1)).x, 1);
  EXPECT_EQ(RandomFlip(1).draw({8, 8}, stream)->apply(cv::Point2d(1, 1)).x, 7);
  EXPECT_THROW(RandomFlip(1.5), OptionError);
  EXPECT_THROW(RandomFlip(std::nan("")), OptionError);
}

TEST(RandomCropWithPadding, ReachesEveryOffset) {
  RandomStream stream(4);
  const cv::Mat image = numbered_image(4, 4);
  const RandomCropWithPadding augmentation(1, 9);
  std::vector<int> seen(9);
  for (int i = 0; i < 300; ++i) {
    const auto transform = augmentation.draw({4, 4}, stream);
    const cv::Point2d origin = transform->invert({0, 0});
    ++seen.at(static_cast<std::size_t>((origin.y + 1) * 3 + origin.x + 1));
    const cv::Rect area(static_cast<int>(origin.x), static_cast<int>(origin.y), 4, 4);
    EXPECT_TRUE(same_image(transform->apply(image), make_crop({4, 4}, area, 9)->apply(image)));
  }
  for (const int count : seen) EXPECT_GT(count, 10);
  EXPECT_THROW(RandomCropWithPadding(-1), OptionError);
}

TEST(RandomResizedCrop, StaysInItsRanges) {
  RandomStream stream(5);
  const RandomResizedCrop augmentation({.output = {32, 24}, .min_scale = 0.2, .max_scale = 0.6});
  const cv::Size input(400, 300);
  for (int i = 0; i < 300; ++i) {
    const auto transform = augmentation.draw(input, stream);
    EXPECT_EQ(transform->output_size(), cv::Size(32, 24));
    const cv::Point2d from = transform->invert({0, 0}), to = transform->invert({32, 24});
    const double width = to.x - from.x, height = to.y - from.y;
    EXPECT_TRUE(from.x > -1e-9 && from.y > -1e-9 && to.x < 400 + 1e-9 && to.y < 300 + 1e-9);
    const double rounding = 1 / std::min(width, height);  // sides are whole pixels
    EXPECT_GE(width * height / 120'000, 0.2 * (1 - rounding));
    EXPECT_LE(width * height / 120'000, 0.6 * (1 + rounding));
    EXPECT_GE(width / height, 0.75 * (1 - rounding));
    EXPECT_LE(width / height, 4.0 / 3 * (1 + rounding));
  }
}

TEST(RandomResizedCrop, FallsBackToTheMiddle) {
  RandomStream stream(6);
  // No area of at least 90 % and a ratio of at most 4 / 3 fits in a strip of 100 x 10.
  const auto transform = RandomResizedCrop({.output = {8, 8}, .min_scale = 0.9}).draw({100, 10}, stream);
  const cv::Point2d from = transform->invert({0, 0}), to = transform->invert({8, 8});
  EXPECT_NEAR(from.x, 43, 1e-9);
  EXPECT_NEAR(to.x, 56, 1e-9);  // 10 * 4 / 3, rounded
  EXPECT_NEAR(to.y - from.y, 10, 1e-9);
  EXPECT_EQ(RandomResizedCrop({.output = {8, 8}}).draw({1, 1}, stream)->output_size(), cv::Size(8, 8));
}

TEST(RandomResizedCrop, RefusesEmptyRanges) {
  EXPECT_THROW(RandomResizedCrop({.output = {8, 8}, .min_scale = 0}), OptionError);
  EXPECT_THROW(RandomResizedCrop({.output = {8, 8}, .max_scale = 1.1}), OptionError);
  EXPECT_THROW(RandomResizedCrop({.output = {8, 8}, .min_ratio = 2, .max_ratio = 1}), OptionError);
  EXPECT_THROW(RandomResizedCrop({.output = {0, 8}}), OptionError);
}

TEST(AugmentationSequence, DependsOnlyOnTheStream) {
  const AugmentationSequence sequence({std::make_shared<RandomCropWithPadding>(4), std::make_shared<RandomFlip>(),
                                       std::make_shared<RandomResizedCrop>(RandomResizedCrop::Options{.output = {10, 12}})});
  const cv::Mat image = numbered_image(20, 16);
  int different = 0;
  for (std::uint64_t i = 0; i < 20; ++i) {
    RandomStream first(1, 2, i), again(1, 2, i), other(1, 3, i);
    const cv::Mat result = sequence.draw(image.size(), first)->apply(image);
    EXPECT_EQ(result.size(), cv::Size(10, 12));
    EXPECT_TRUE(same_image(result, sequence.draw(image.size(), again)->apply(image)));
    different += !same_image(result, sequence.draw(image.size(), other)->apply(image));
  }
  EXPECT_GE(different, 18);
  RandomStream stream(1);
  EXPECT_TRUE(same_image(AugmentationSequence({}).draw(image.size(), stream)->apply(image), image));
}

}  // namespace

}  // namespace fovea
