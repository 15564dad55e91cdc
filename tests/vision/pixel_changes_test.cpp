#include "fovea/vision/pixel_changes.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <opencv2/core.hpp>

#include "fovea/base/error.hpp"
#include "mat_matchers.hpp"

namespace fovea {

namespace {

using test::same_image;

cv::Mat one_pixel(int blue, int green, int red) { return cv::Mat(1, 1, CV_8UC3, cv::Scalar(blue, green, red)); }
cv::Vec3b changed(const std::unique_ptr<Transform>& change, const cv::Mat& image) { return change->apply(image).at<cv::Vec3b>(0, 0); }

TEST(PixelChanges, WorkedValues) {
  const cv::Size size(1, 1);
  EXPECT_EQ(changed(make_brightness(size, 1.5), one_pixel(10, 100, 200)), cv::Vec3b(15, 150, 255));
  // Brightness 0.114 * 10 + 0.587 * 100 + 0.299 * 200 = 119.64, 120 in 8 bits.
  EXPECT_EQ(changed(make_gray(size), one_pixel(10, 100, 200)), cv::Vec3b(120, 120, 120));
  EXPECT_EQ(changed(make_saturation(size, 0.5), one_pixel(10, 100, 200)), cv::Vec3b(65, 110, 160));
  EXPECT_EQ(changed(make_contrast(size, 0.5), one_pixel(10, 100, 200)), cv::Vec3b(65, 110, 160)) << "one pixel is its own mean";
  EXPECT_EQ(changed(make_hue(size, 1.0 / 3), one_pixel(0, 0, 255)), cv::Vec3b(0, 255, 0)) << "red becomes green";
  EXPECT_EQ(changed(make_gamma(size, 2), one_pixel(0, 128, 255)), cv::Vec3b(0, 64, 255));
  // The first component is nearly grey: 255 * 0.2175 * (0.5836, 0.5808, 0.5675) = (32.4, 32.2, 31.5), taken away.
  EXPECT_EQ(changed(make_pca_color(size, {1, 0, 0}), one_pixel(100, 100, 100)), cv::Vec3b(68, 68, 69));
}

TEST(PixelChanges, NeutralStrengthsChangeNothing) {
  const cv::Mat image = test::numbered_image(16, 12);
  for (const auto& change :
       {make_brightness(image.size(), 1).release(), make_contrast(image.size(), 1).release(), make_saturation(image.size(), 1).release(),
        make_hue(image.size(), 0).release(), make_gamma(image.size(), 1).release(), make_pca_color(image.size(), {0, 0, 0}).release(),
        make_noise(image.size(), 0, 5).release(), make_cutout(image.size(), {}, 0).release()}) {
    const std::unique_ptr<const Transform> owned(change);
    EXPECT_TRUE(same_image(owned->apply(image), image));
  }
}

TEST(PixelChanges, LeavePointsAndLabelsAlone) {
  const cv::Mat labels = test::numbered_image(16, 12, CV_8UC1);
  const auto blur = make_blur(labels.size(), 3);
  EXPECT_TRUE(same_image(blur->apply_labels(labels, 0), labels));
  EXPECT_EQ(blur->apply(cv::Point2d(3, 4)), cv::Point2d(3, 4));
}

TEST(PixelChanges, GrayPicturesStayGray) {
  const cv::Mat image = test::numbered_image(16, 12, CV_8UC1);
  for (Transform* change : {make_saturation(image.size(), 0.2).release(), make_hue(image.size(), 0.3).release(),
                            make_pca_color(image.size(), {1, 1, 1}).release(), make_gray(image.size()).release()}) {
    const std::unique_ptr<const Transform> owned(change);
    EXPECT_TRUE(same_image(owned->apply(image), image));
  }
  for (Transform* change : {make_clahe(image.size(), 2, 8).release(), make_jpeg(image.size(), 80).release()}) {
    const std::unique_ptr<const Transform> owned(change);
    EXPECT_EQ(owned->apply(image).type(), CV_8UC1);
  }
}

TEST(PixelChanges, NoiseHasItsDeviation) {
  const cv::Mat image(100, 100, CV_8UC3, cv::Scalar::all(128));
  const cv::Mat noisy = make_noise(image.size(), 10, 3)->apply(image);
  cv::Mat values;
  noisy.reshape(1).convertTo(values, CV_64F);
  cv::Scalar mean, deviation;
  cv::meanStdDev(values, mean, deviation);
  EXPECT_NEAR(mean[0], 128, 5 * 10 / std::sqrt(30000.0));
  EXPECT_NEAR(deviation[0], 10, 0.25);  // rounding adds 1/12 to the variance; 5 standard errors are 0.2
}

TEST(PixelChanges, JpegOfBestQualityIsClose) {
  cv::Mat image(64, 64, CV_8UC3);
  for (int y = 0; y < 64; ++y)
    for (int x = 0; x < 64; ++x)
      image.at<cv::Vec3b>(y, x) = cv::Vec3b(static_cast<std::uint8_t>(2 * x), static_cast<std::uint8_t>(2 * y), 100);
  EXPECT_LT(cv::norm(make_jpeg(image.size(), 100)->apply(image), image, cv::NORM_INF), 8);
  const double worse = cv::norm(make_jpeg(image.size(), 5)->apply(image), image, cv::NORM_L1);
  EXPECT_GT(worse, cv::norm(make_jpeg(image.size(), 95)->apply(image), image, cv::NORM_L1));
}

TEST(PixelChanges, CutoutFillsWhatIsInside) {
  const cv::Mat image(10, 10, CV_8UC3, cv::Scalar::all(50));
  const cv::Mat cut = make_cutout(image.size(), {{8, 8, 5, 5}, {-3, 0, 4, 1}, {40, 40, 2, 2}}, 9)->apply(image);
  int filled = 0;
  for (int y = 0; y < 10; ++y)
    for (int x = 0; x < 10; ++x) filled += cut.at<cv::Vec3b>(y, x) == cv::Vec3b(9, 9, 9);
  EXPECT_EQ(filled, 2 * 2 + 1);
}

TEST(PixelChanges, RefuseWrongOptionsAndPictures) {
  EXPECT_THROW(make_brightness({4, 4}, -0.1), OptionError);
  EXPECT_THROW(make_hue({4, 4}, 0.51), OptionError);
  EXPECT_THROW(make_gamma({4, 4}, 0), OptionError);
  EXPECT_THROW(make_blur({4, 4}, 0), OptionError);
  EXPECT_THROW(make_noise({4, 4}, -1, 0), OptionError);
  EXPECT_THROW(make_jpeg({4, 4}, 0), OptionError);
  EXPECT_THROW(make_clahe({4, 4}, 2, 0), OptionError);
  EXPECT_THROW(make_brightness({4, 4}, 1)->apply(cv::Mat(4, 4, CV_16UC3)), ShapeError);
  EXPECT_THROW(make_brightness({4, 4}, 1)->apply(cv::Mat(4, 4, CV_8UC4)), ShapeError);
  EXPECT_THROW(make_brightness({4, 4}, 1)->apply(cv::Mat(5, 4, CV_8UC3)), ShapeError);
}

}  // namespace

}  // namespace fovea
