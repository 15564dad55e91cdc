#include "fovea/vision/mixed_samples.hpp"

#include <gtest/gtest.h>

#include <opencv2/core.hpp>

#include "fovea/base/error.hpp"
#include "mat_matchers.hpp"

namespace fovea {

namespace {

/// A picture of one value with a rectangle of another, its mask and its label map.
AnnotatedImage sample(cv::Size size, int background, cv::Rect rectangle, int value, std::int64_t label) {
  cv::Mat mask = cv::Mat::zeros(size, CV_8U);
  mask(rectangle).setTo(255);
  AnnotatedImage result{.image = cv::Mat(size, CV_8UC3, cv::Scalar::all(background)), .objects = {}, .labels = cv::Mat::zeros(size, CV_8U)};
  result.image(rectangle).setTo(cv::Scalar::all(value));
  result.labels(rectangle).setTo(static_cast<double>(label));
  const cv::Rect2f box = rectangle;
  result.objects.push_back({.box = {box.x, box.y, box.x + box.width, box.y + box.height}, .label = label, .mask = encode_mask(mask)});
  return result;
}

/// Every object's box is that of the pixels of its label.
void expect_boxes_around_labels(const AnnotatedImage& result) {
  for (const AnnotatedObject& object : result.objects) {
    const cv::Rect2f pixels = mask_box(encode_mask(result.labels == static_cast<double>(object.label)));
    EXPECT_NEAR(object.box.x1, pixels.x, 1) << object.label;
    EXPECT_NEAR(object.box.y1, pixels.y, 1) << object.label;
    EXPECT_NEAR(object.box.x2, pixels.x + pixels.width, 1) << object.label;
    EXPECT_NEAR(object.box.y2, pixels.y + pixels.height, 1) << object.label;
  }
}

TEST(Mosaic, PutsObjectsWhereTheirPixelsAre) {
  const std::array<AnnotatedImage, 4> samples{sample({80, 60}, 10, {30, 20, 40, 30}, 100, 1), sample({60, 90}, 20, {5, 30, 30, 50}, 120, 2),
                                              sample({100, 100}, 30, {40, 5, 50, 60}, 140, 3),
                                              sample({50, 40}, 40, {2, 3, 40, 30}, 160, 4)};
  int objects = 0;
  for (std::uint64_t i = 0; i < 40; ++i) {
    RandomStream stream(i), again(i);
    const MosaicOptions options{.output = {120, 100}, .min_scale = 0.6, .annotations = {.label_fill = 255}};
    const AnnotatedImage result = mosaic(samples, stream, options);
    EXPECT_EQ(result.image.size(), cv::Size(120, 100));
    expect_boxes_around_labels(result);
    for (const AnnotatedObject& object : result.objects) {
      ASSERT_TRUE(object.mask);
      EXPECT_EQ(cv::countNonZero(decode_mask(*object.mask) != (result.labels == static_cast<double>(object.label))), 0);
    }
    objects += static_cast<int>(result.objects.size());
    EXPECT_TRUE(test::same_image(result.image, mosaic(samples, again, options).image));
  }
  EXPECT_GT(objects, 100) << "most of 160 are seen";
}

TEST(Mixup, MixesPixelsAndKeepsAllObjects) {
  const AnnotatedImage a = sample({40, 30}, 0, {5, 5, 10, 10}, 100, 1), b = sample({40, 30}, 200, {20, 10, 10, 10}, 0, 2);
  const AnnotatedImage result = mixup(a, b, 0.75);
  EXPECT_EQ(result.image.at<cv::Vec3b>(0, 0), cv::Vec3b(50, 50, 50));
  EXPECT_EQ(result.image.at<cv::Vec3b>(6, 6), cv::Vec3b(125, 125, 125));
  ASSERT_EQ(result.objects.size(), 2u);
  EXPECT_EQ(result.objects[1].box, b.objects[0].box);
  EXPECT_EQ(mixup(a, sample({80, 60}, 200, {40, 20, 20, 20}, 0, 2), 0.5).objects[1].box, (Box{20, 10, 30, 20})) << "halved";
  EXPECT_THROW(mixup(a, b, 1.5), OptionError);
}

TEST(Cutmix, SharesTheArea) {
  const AnnotatedImage a = sample({40, 30}, 0, {5, 5, 10, 10}, 100, 1), b = sample({40, 30}, 200, {20, 10, 10, 10}, 150, 2);
  double mean_share = 0;
  for (std::uint64_t i = 0; i < 200; ++i) {
    RandomStream stream(i);
    const CutmixResult result = cutmix(a, b, 0.6, stream);
    int of_b = 0;
    for (int y = 0; y < 30; ++y)
      for (int x = 0; x < 40; ++x) of_b += result.sample.image.at<cv::Vec3b>(y, x)[0] >= 150;
    EXPECT_NEAR(result.share, 1 - of_b / 1200.0, 1e-12);
    expect_boxes_around_labels(result.sample);
    mean_share += result.share / 200;
  }
  EXPECT_GT(mean_share, 0.6) << "rectangles that leave the picture are cut";
  EXPECT_LT(mean_share, 0.9);
  RandomStream stream(1);
  EXPECT_EQ(cutmix(a, b, 1, stream).share, 1);
  EXPECT_THROW(cutmix(a, b, -0.1, stream), OptionError);
}

TEST(CopyPaste, CutsAwayWhatIsCovered) {
  const AnnotatedImage a = sample({40, 30}, 0, {5, 5, 20, 10}, 100, 1), b = sample({40, 30}, 200, {15, 0, 20, 30}, 150, 2);
  RandomStream stream(1);
  const AnnotatedImage result = copy_paste(a, b, 1, stream);
  ASSERT_EQ(result.objects.size(), 2u);
  EXPECT_EQ(result.objects[0].box, (Box{5, 5, 15, 15}));
  EXPECT_EQ(mask_area(*result.objects[0].mask), 100u);
  EXPECT_EQ(result.image.at<cv::Vec3b>(7, 20), cv::Vec3b(150, 150, 150));
  EXPECT_EQ(result.image.at<cv::Vec3b>(7, 38), cv::Vec3b(0, 0, 0)) << "only the object, not its background";
  expect_boxes_around_labels(result);
  EXPECT_EQ(copy_paste(a, b, 0, stream).objects.size(), 1u);
  const AnnotatedImage whole = sample({40, 30}, 200, {0, 0, 40, 30}, 150, 2);
  const AnnotatedImage covered = copy_paste(a, whole, 1, stream);
  ASSERT_EQ(covered.objects.size(), 1u) << "nothing is left of the first";
  EXPECT_EQ(covered.objects[0].label, 2);
}

}  // namespace

}  // namespace fovea
