#include "fovea/vision/scene.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <opencv2/imgproc.hpp>

#include "fovea/base/error.hpp"

namespace fovea {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

/// A ring, dark inside, and a speck beside it.
cv::Mat ring() {
  cv::Mat picture(28, 28, CV_8UC1, cv::Scalar(0));
  cv::circle(picture, {13, 13}, 9, 200, 2);
  picture.at<std::uint8_t>(1, 1) = 255;
  return picture;
}

cv::Mat disc() {
  cv::Mat picture(28, 28, CV_8UC1, cv::Scalar(0));
  cv::circle(picture, {13, 13}, 12, 255, cv::FILLED);
  return picture;
}

const cv::Mat kGround(300, 400, CV_8UC3, cv::Scalar(0, 255, 0));

TEST(Scene, AMaskHasNoHolesAndNoSpecks) {
  const cv::Mat mask = object_mask(ring());
  EXPECT_EQ(mask.at<std::uint8_t>(13, 13), 255) << "the inside belongs to it";
  EXPECT_EQ(mask.at<std::uint8_t>(1, 1), 0) << "a speck does not";
  EXPECT_EQ(mask.at<std::uint8_t>(0, 13), 0);
  cv::Mat full(5, 7, CV_8UC1, cv::Scalar(255));
  EXPECT_EQ(cv::countNonZero(object_mask(full)), 35) << "up to the edges";
  EXPECT_EQ(cv::countNonZero(object_mask(cv::Mat(5, 7, CV_8UC1, cv::Scalar(0)))), 0);
}

TEST(Scene, BoxesMasksAndLabelsAreThoseOfWhatIsSeen) {
  std::vector<SceneObject> objects;
  for (std::int64_t label = 0; label < 8; ++label) objects.push_back({disc(), label});
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    RandomStream stream(seed);
    const AnnotatedImage scene = make_scene(kGround, objects, stream);
    ASSERT_EQ(scene.image.size(), cv::Size(320, 240));
    ASSERT_FALSE(scene.objects.empty());
    cv::Mat owners(scene.image.size(), CV_8UC1, cv::Scalar(0));
    for (const AnnotatedObject& object : scene.objects) {
      const cv::Mat mask = decode_mask(*object.mask);
      EXPECT_EQ(cv::countNonZero(owners & mask), 0) << "no pixel shows two objects";
      owners |= mask;
      EXPECT_EQ(cv::countNonZero((scene.labels == static_cast<double>(object.label + 1)) != mask), 0) << "one object of each class";
      EXPECT_EQ(object.box, box_around(*object.mask));
    }
    EXPECT_EQ(cv::countNonZero((scene.labels == 0) & owners), 0);
    cv::Mat edge, ground;
    cv::dilate(owners, edge, {}, {-1, -1}, 1);
    cv::inRange(scene.image, cv::Scalar(0, 255, 0), cv::Scalar(0, 255, 0), ground);
    EXPECT_EQ(cv::countNonZero((edge == 0) & (ground == 0)), 0) << "elsewhere the photograph is untouched";
  }
}

TEST(Scene, EnoughOfEveryObjectStaysVisible) {
  // Discs of one size: the smallest mask against the largest tells what was covered or outside.
  const std::vector<SceneObject> objects(60, SceneObject{disc(), 0});
  for (std::uint64_t seed = 0; seed < 10; ++seed) {
    RandomStream stream(seed);
    const AnnotatedImage scene =
        make_scene(kGround, objects, stream, {.min_side = 0.3, .max_side = 0.3, .max_degrees = 0, .smallest_visible = 0.6});
    const double whole = 3.1416 * std::pow(0.3 * 240 * 12.5 / 28, 2);
    for (const AnnotatedObject& object : scene.objects) EXPECT_GE(mask_area(*object.mask), 0.57 * whole);
    EXPECT_LT(scene.objects.size(), 60U) << "they cannot all be seen";
  }
}

TEST(Scene, IsDrawnFromTheStreamAlone) {
  const std::vector<SceneObject> objects = {{disc(), 0}, {ring(), 1}};
  RandomStream a(5), b(5), c(6);
  const AnnotatedImage first = make_scene(kGround, objects, a), same = make_scene(kGround, objects, b),
                       other = make_scene(kGround, objects, c);
  EXPECT_EQ(cv::norm(first.image, same.image, cv::NORM_INF), 0);
  EXPECT_GT(cv::norm(first.image, other.image, cv::NORM_INF), 0);
}

TEST(Scene, MistakesAreNamed) {
  const std::vector<SceneObject> coloured = {{kGround, 0}};
  RandomStream stream(1);
  EXPECT_THAT([&] { make_scene(kGround, coloured, stream); }, ThrowsMessage<ShapeError>(HasSubstr("CV_8UC3")));
  EXPECT_THAT([&] { make_scene(disc(), {}, stream); }, ThrowsMessage<ShapeError>(HasSubstr("background")));
  EXPECT_THAT([&] { check_scene_options({.size = {8, 8}}); }, ThrowsMessage<OptionError>(HasSubstr("8x8")));
  EXPECT_THAT([&] { check_scene_options({.min_side = 0.5, .max_side = 0.4}); }, ThrowsMessage<OptionError>(HasSubstr("0.5 and 0.4")));
  EXPECT_THROW(check_scene_options({.smallest_visible = 0}), OptionError);
  EXPECT_THROW(check_scene_options({.max_degrees = 200}), OptionError);
}

}  // namespace
}  // namespace fovea
