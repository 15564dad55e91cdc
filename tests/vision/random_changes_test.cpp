// Random changes of geometry: every one inverts, keeps labels beside pixels, and gives boxes that are those of the masks it gives.
#include "fovea/vision/random_changes.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <opencv2/imgproc.hpp>

#include "fovea/base/error.hpp"
#include "fovea/vision/annotated_image.hpp"
#include "mat_matchers.hpp"

namespace fovea {

namespace {

using test::same_image;

struct NamedPart {
  const char* name;
  AugmentationPart part;
};

std::vector<NamedPart> geometric_parts() {
  return {{"flip", std::make_shared<RandomFlip>(1)},
          {"vertical flip", std::make_shared<RandomFlip>(1, FlipAxis::vertical)},
          {"affine", random_affine({.degrees = 45, .min_scale = 0.5, .max_scale = 1.5, .shear_degrees = 20})},
          {"perspective", random_perspective(0.5)},
          {"lens", random_lens_distortion(0.29)},
          {"elastic", random_elastic({.nodes = {4, 4}, .sigma = 8})},
          {"fine elastic", random_elastic({.nodes = {9, 7}, .sigma = 100})},  // scaled down to what does not fold
          {"scale crop", random_scale_crop(70, 160, {90, 80})},
          {"patch", random_patch({90, 80}, 0.7, 1.6)},
          {"ssd crop", random_ssd_crop()},
          {"letterbox", letterbox({77, 130})},
          {"sequence", std::make_shared<AugmentationSequence>(
                           std::vector<AugmentationPart>{random_affine(), std::make_shared<RandomFlip>(0.5), random_elastic(),
                                                         random_scale_crop(90, 120, {100, 96}), random_color_jitter()})}};
}

/// 160 x 120, an ellipse and its outline.
AnnotatedImage sample_with_ellipse(RandomStream& stream) {
  cv::Mat mask = cv::Mat::zeros(120, 160, CV_8U);
  const cv::Point2d centre(stream.uniform(60, 100), stream.uniform(45, 75));
  const double a = stream.uniform(15, 35), b = stream.uniform(10, 25), turn = stream.uniform(0, 3);
  std::vector<cv::Point2d> outline;
  for (int i = 0; i < 200; ++i) {
    const double t = i * 2 * M_PI / 200, u = a * std::cos(t), v = b * std::sin(t);
    outline.push_back(centre + cv::Point2d(u * std::cos(turn) - v * std::sin(turn), u * std::sin(turn) + v * std::cos(turn)));
  }
  for (int y = 0; y < mask.rows; ++y)
    for (int x = 0; x < mask.cols; ++x) {
      const cv::Point2d p = cv::Point2d(x + 0.5, y + 0.5) - centre;
      const double u = p.x * std::cos(turn) + p.y * std::sin(turn), v = -p.x * std::sin(turn) + p.y * std::cos(turn);
      if (u * u / (a * a) + v * v / (b * b) <= 1) mask.at<std::uint8_t>(y, x) = 255;
    }
  cv::Mat image(120, 160, CV_8UC3);
  for (int y = 0; y < image.rows; ++y)
    for (int x = 0; x < image.cols; ++x)
      image.at<cv::Vec3b>(y, x) = cv::Vec3b(static_cast<std::uint8_t>(x), static_cast<std::uint8_t>(y), 90);
  const RleMask rle = encode_mask(mask);
  const cv::Rect2f box = mask_box(rle);
  return {.image = image,
          .objects = {{.box = {box.x, box.y, box.x + box.width, box.y + box.height}, .label = 3, .polygons = {outline}, .mask = rle}},
          .labels = mask.clone()};
}

void expect_box_near(const Box& a, const Box& b, double tolerance, const std::string& where) {
  EXPECT_NEAR(a.x1, b.x1, tolerance) << where;
  EXPECT_NEAR(a.y1, b.y1, tolerance) << where;
  EXPECT_NEAR(a.x2, b.x2, tolerance) << where;
  EXPECT_NEAR(a.y2, b.y2, tolerance) << where;
}

TEST(RandomChanges, BringCornersBack) {
  for (const NamedPart& named : geometric_parts()) {
    RandomStream stream(1);
    for (int draw = 0; draw < 40; ++draw) {
      const cv::Size size(160, 120);
      const auto transform = named.part->draw(size, stream);
      for (const cv::Point2d corner :
           {cv::Point2d(0, 0), cv::Point2d(160, 0), cv::Point2d(0, 120), cv::Point2d(160, 120), cv::Point2d(80, 31)}) {
        const cv::Point2d there = transform->apply(corner), back = transform->invert(there);
        EXPECT_LT(cv::norm(back - corner), 0.01) << named.name << " draw " << draw << " of " << corner << " by " << there;
      }
    }
  }
}

/// How much larger a pixel of the old picture may be in the new one, around the middle.
double largest_scale(const Transform& transform) {
  const cv::Point2d middle(80, 60), at = transform.apply(middle);
  return std::max(cv::norm(transform.apply(middle + cv::Point2d(1, 0)) - at), cv::norm(transform.apply(middle + cv::Point2d(0, 1)) - at));
}

// The box of the outline's image, of the mask's image and of the label map's image are one to within a pixel: half a pixel of the new
// picture and half the diagonal of one of the old.
TEST(RandomChanges, BoxesAreThoseOfTheMasks) {
  for (const NamedPart& named : geometric_parts()) {
    RandomStream stream(2);
    int compared = 0;
    for (int draw = 0; draw < 60; ++draw) {
      const AnnotatedImage sample = sample_with_ellipse(stream);
      const auto transform = named.part->draw(sample.image.size(), stream);
      const AnnotatedImage changed = transformed(*transform, sample, {.label_fill = 0});
      AnnotatedObject outlined = sample.objects[0];
      outlined.mask.reset();
      const auto by_outline = transformed(*transform, outlined);
      if (changed.objects.empty() || !by_outline) continue;
      ++compared;
      const std::string where = std::string(named.name) + " draw " + std::to_string(draw);
      const double pixel = std::max(1.0, 0.5 + 0.71 * largest_scale(*transform));
      expect_box_near(changed.objects[0].box, by_outline->box, pixel, where);
      const cv::Rect pixels = cv::boundingRect(changed.labels);
      expect_box_near(changed.objects[0].box,
                      {static_cast<float>(pixels.x), static_cast<float>(pixels.y), static_cast<float>(pixels.br().x),
                       static_cast<float>(pixels.br().y)},
                      1, where);
    }
    EXPECT_GE(compared, 30) << named.name;
  }
}

// A box is a rectangle's outline: what becomes of it holds what becomes of the rectangle's mask, and touches it on every side.
TEST(RandomChanges, BoxesWithoutOutlineHoldTheirRectangle) {
  for (const NamedPart& named : geometric_parts()) {
    RandomStream stream(3);
    for (int draw = 0; draw < 40; ++draw) {
      const cv::Rect rectangle(static_cast<int>(30 + stream.below(60)), static_cast<int>(20 + stream.below(50)), 40, 30);
      cv::Mat mask = cv::Mat::zeros(120, 160, CV_8U);
      mask(rectangle).setTo(255);
      const auto transform = named.part->draw(mask.size(), stream);
      const AnnotatedObject object{.box = {static_cast<float>(rectangle.x), static_cast<float>(rectangle.y),
                                           static_cast<float>(rectangle.br().x), static_cast<float>(rectangle.br().y)}};
      const auto changed = transformed(*transform, object);
      if (!changed) continue;
      const cv::Rect pixels = cv::boundingRect(transform->apply_labels(mask, 0));
      // A sharp corner has no pixel centre in its last two thirds of a pixel, times how much it is stretched.
      expect_box_near(changed->box,
                      {static_cast<float>(pixels.x), static_cast<float>(pixels.y), static_cast<float>(pixels.br().x),
                       static_cast<float>(pixels.br().y)},
                      2.5, std::string(named.name) + " draw " + std::to_string(draw));
    }
  }
}

// The picture's own coordinates are in its colours: what lies under a pixel is where invert() says.
TEST(RandomChanges, PixelsComeFromWhereInvertSays) {
  for (const NamedPart& named : geometric_parts()) {
    if (std::string(named.name) == "sequence") continue;  // also changes colours
    RandomStream stream(4);
    for (int draw = 0; draw < 10; ++draw) {
      const AnnotatedImage sample = sample_with_ellipse(stream);
      const auto transform = named.part->draw(sample.image.size(), stream);
      const cv::Mat image = transform->apply(sample.image);
      for (int i = 0; i < 200; ++i) {
        const int x = static_cast<int>(stream.below(static_cast<std::uint64_t>(image.cols))),
                  y = static_cast<int>(stream.below(static_cast<std::uint64_t>(image.rows)));
        const cv::Point2d from = transform->invert(cv::Point2d(x + 0.5, y + 0.5));
        if (from.x < 3 || from.y < 3 || from.x > 157 || from.y > 117) continue;
        const cv::Vec3b pixel = image.at<cv::Vec3b>(y, x);
        EXPECT_NEAR(pixel[0], from.x - 0.5, 1.6) << named.name << " at " << x << ", " << y;
        EXPECT_NEAR(pixel[1], from.y - 0.5, 1.6) << named.name << " at " << x << ", " << y;
      }
    }
  }
}

TEST(RandomChanges, LabelsAreNeverMixed) {
  for (const NamedPart& named : geometric_parts()) {
    RandomStream stream(5);
    cv::Mat labels(120, 160, CV_16U, cv::Scalar(1000));
    labels(cv::Rect(30, 20, 70, 80)).setTo(7);
    for (int draw = 0; draw < 10; ++draw) {
      const cv::Mat changed = named.part->draw(labels.size(), stream)->apply_labels(labels, 255);
      EXPECT_EQ(changed.type(), CV_16U);
      const int known = cv::countNonZero(changed == 7) + cv::countNonZero(changed == 1000) + cv::countNonZero(changed == 255);
      EXPECT_EQ(known, changed.rows * changed.cols) << named.name;
    }
  }
}

TEST(RandomChanges, EqualStreamsGiveEqualPictures) {
  RandomStream maker(6);
  const AnnotatedImage sample = sample_with_ellipse(maker);
  std::vector<NamedPart> parts = geometric_parts();
  for (const NamedPart& more : {NamedPart{"pca", random_pca_color()}, NamedPart{"gray", random_gray(0.5)},
                                NamedPart{"gamma", random_gamma()}, NamedPart{"blur", random_blur()}, NamedPart{"noise", random_noise()},
                                NamedPart{"jpeg", random_jpeg()}, NamedPart{"clahe", random_clahe()},
                                NamedPart{"cutout", random_cutout(3, 0.3)}, NamedPart{"jitter", random_color_jitter({.hue = 0.1})}})
    parts.push_back(more);
  for (const NamedPart& named : parts) {
    int different = 0;
    for (std::uint64_t i = 0; i < 8; ++i) {
      RandomStream first(9, 1, i), again(9, 1, i), other(9, 2, i);
      const cv::Mat result = named.part->draw(sample.image.size(), first)->apply(sample.image);
      EXPECT_TRUE(same_image(result, named.part->draw(sample.image.size(), again)->apply(sample.image))) << named.name;
      different += !same_image(result, named.part->draw(sample.image.size(), other)->apply(sample.image));
    }
    const bool is_fixed = std::string(named.name).find("flip") != std::string::npos || std::string(named.name) == "letterbox";
    EXPECT_EQ(different >= 2, !is_fixed) << named.name;
  }
}

TEST(SsdCrop, OverlapsAnObjectAsDrawn) {
  const AugmentationPart part = random_ssd_crop();
  RandomStream stream(7);
  const std::vector<Box> boxes{{20, 20, 140, 100}};
  int cropped = 0, overlapping = 0;
  for (int i = 0; i < 700; ++i) {
    const auto transform = part->draw_with({160, 120}, boxes, stream);
    if (transform->output_size() == cv::Size(160, 120)) continue;
    ++cropped;
    const cv::Point2d from = transform->invert({0, 0}), to = transform->invert(cv::Point2d(transform->output_size()));
    overlapping +=
        iou(boxes[0], {static_cast<float>(from.x), static_cast<float>(from.y), static_cast<float>(to.x), static_cast<float>(to.y)}) >= 0.1;
    EXPECT_LE((to.x - from.x) / (to.y - from.y), 2 + 1e-9);
    EXPECT_GE((to.x - from.x) / (to.y - from.y), 0.5 - 1e-9);
  }
  EXPECT_GT(cropped, 350);
  EXPECT_GT(overlapping, cropped * 95 / 100) << "all but some of the sixth without a condition";
}

TEST(AnnotatedImage, LeavesOutWhatIsMostlyGone) {
  const auto crop = make_crop({100, 100}, {50, 0, 50, 100});
  const auto left_of = [&](float x1, float x2, double smallest) {
    return transformed(*crop, AnnotatedObject{.box = {x1, 10, x2, 20}}, {.smallest_visible = smallest}).has_value();
  };
  EXPECT_TRUE(left_of(40, 60, 0.5));
  EXPECT_FALSE(left_of(39, 60, 0.5)) << "10 of 21 columns";
  EXPECT_FALSE(left_of(10, 40, 0)) << "outside";
  EXPECT_FALSE(left_of(10, 50.4f, 0)) << "under a pixel";
}

TEST(AnnotatedImage, BoxesALittleOutsideAreClipped) {
  const auto same = make_chain({10, 10}, {});
  const auto object = transformed(*same, AnnotatedObject{.box = {-1e-4f, 0, 10.0001f, 10.0001f}});
  ASSERT_TRUE(object);
  EXPECT_EQ(object->box, (Box{0, 0, 10, 10}));
}

TEST(AnnotatedImage, KeyPointsOutsideBecomeInvisibleAndStayInOrder) {
  const auto crop = make_crop({100, 100}, {50, 0, 50, 100});
  const auto object = transformed(*crop, AnnotatedObject{.box = {40, 0, 90, 50}, .key_points = {{{45, 5}}, {{60, 5}}, {{70, 9}, false}}});
  ASSERT_TRUE(object);
  ASSERT_EQ(object->key_points.size(), 3u);
  EXPECT_FALSE(object->key_points[0].is_visible);
  EXPECT_TRUE(object->key_points[1].is_visible);
  EXPECT_EQ(object->key_points[1].place, cv::Point2d(10, 5));
  EXPECT_FALSE(object->key_points[2].is_visible);
}

TEST(Transforms, RefuseWhatHasNoInverse) {
  EXPECT_THROW(make_projective({9, 9}, {9, 9}, {1, 0, 0, 2, 0, 0, 0, 0, 1}), OptionError);
  EXPECT_THROW(make_projective({9, 9}, {9, 9}, {1, 0, 0, 0, 1, 0, -0.2, 0, 1}), OptionError) << "seen from behind at x = 5";
  EXPECT_THROW(make_lens_distortion({9, 9}, -0.3), OptionError);
  EXPECT_THROW(make_lens_distortion({9, 9}, std::nan("")), OptionError);
  EXPECT_THROW(make_elastic({90, 90}, {1, 3}, {{0, 0}, {0, 0}, {0, 0}}), OptionError);
  EXPECT_THROW(make_elastic({90, 90}, {2, 2}, {{0, 0}, {0, 0}, {0, 0}}), OptionError);
  EXPECT_THROW(make_elastic({90, 90}, {2, 2}, {{0, 0}, {41, 0}, {0, 0}, {0, 0}}), OptionError) << "folds";
  EXPECT_NO_THROW(make_elastic({90, 90}, {2, 2}, {{0, 0}, {40, 0}, {0, 0}, {0, 0}}));
}

// Of a picture of 90 x 60 pixels whose labels are their columns: how wide a column becomes, and where windows lie.
TEST(RandomPatch, CutsWindowsAtScales) {
  cv::Mat columns(60, 90, CV_8U);
  for (int x = 0; x < 90; ++x) columns.col(x).setTo(x);
  const AugmentationPart part = random_patch({32, 20}, 0.5, 2);
  EXPECT_TRUE(part->sets_size());
  double smallest = 9, largest = 0;
  bool left = false, right = false;
  for (std::uint64_t i = 0; i < 300; ++i) {
    RandomStream stream(1, i);
    const auto transform = part->draw(columns.size(), stream);
    ASSERT_EQ(transform->output_size(), cv::Size(32, 20));
    const cv::Point2d begin = transform->invert({0, 0}), end = transform->invert({32, 20});
    const double width = end.x - begin.x, height = end.y - begin.y, scale = 32 / width;
    ASSERT_LE(std::abs(width * 20 / 32 - height), 0.5 + 0.5 * 20 / 32 + 1e-9) << "both are rounded to pixels";
    ASSERT_TRUE(begin.x >= -1e-9 && begin.y >= -1e-9 && end.x <= 90 + 1e-9 && end.y <= 60 + 1e-9);
    smallest = std::min(smallest, scale), largest = std::max(largest, scale);
    left |= begin.x<1, right |= end.x> 89;
  }
  EXPECT_LT(smallest, 0.52);
  EXPECT_GT(largest, 1.9);
  EXPECT_TRUE(left && right);
}

TEST(RandomPatch, PadsWhatIsSmaller) {
  RandomStream stream(1);
  const auto transform = random_patch({40, 40}, 1, 1, 9)->draw({30, 50}, stream);
  const cv::Mat patch = transform->apply(cv::Mat(50, 30, CV_8U, cv::Scalar(3)));
  ASSERT_EQ(patch.size(), cv::Size(40, 40));
  EXPECT_EQ(cv::countNonZero(patch == 3), 30 * 40);
  EXPECT_EQ(cv::countNonZero(patch == 9), 10 * 40);
}

TEST(RandomChanges, RefuseWrongRanges) {
  EXPECT_THROW(sometimes(1.1, random_ssd_crop()), OptionError);
  EXPECT_THROW(random_affine({.min_scale = 2, .max_scale = 1}), OptionError);
  EXPECT_THROW(random_affine({.shear_degrees = 90}), OptionError);
  EXPECT_THROW(random_perspective(1), OptionError);
  EXPECT_THROW(random_lens_distortion(0.3), OptionError);
  EXPECT_THROW(random_elastic({.nodes = {1, 3}}), OptionError);
  EXPECT_THROW(random_scale_crop(9, 8, {4, 4}), OptionError);
  EXPECT_THROW(random_patch({4, 4}, 2, 1), OptionError);
  EXPECT_THROW(random_patch({4, 0}), OptionError);
  EXPECT_THROW(random_color_jitter({.hue = 0.6}), OptionError);
  EXPECT_THROW(random_gamma(0, 1), OptionError);
  EXPECT_THROW(random_jpeg(50, 101), OptionError);
  EXPECT_THROW(random_cutout(-1), OptionError);
}

}  // namespace

}  // namespace fovea
