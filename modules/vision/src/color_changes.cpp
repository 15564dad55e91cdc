#include <array>
#include <cmath>
#include <opencv2/imgproc.hpp>

#include "pixel_change.hpp"

namespace fovea {

namespace {

void require_factor(const char* name, double factor) {
  require_option(factor >= 0 && std::isfinite(factor), name, "the factor", factor, "a number of at least 0");
}

/// The brightness of each pixel, one channel of 8 bits.
cv::Mat brightness_of(const cv::Mat& image) {
  if (image.channels() == 1) return image;
  cv::Mat gray;
  cv::cvtColor(image, gray, cv::COLOR_BGR2GRAY);
  return gray;
}

/// A picture with this brightness, of as many channels as `image`.
cv::Mat as_picture(const cv::Mat& gray, const cv::Mat& image) {
  if (image.channels() == 1) return gray.clone();
  cv::Mat picture;
  cv::cvtColor(gray, picture, cv::COLOR_GRAY2BGR);
  return picture;
}

/// table[value] for every value.
template <class Function>
cv::Mat by_value(const cv::Mat& image, Function function) {
  cv::Mat table(1, 256, CV_8U), result;
  for (int value = 0; value < 256; ++value) table.at<std::uint8_t>(value) = cv::saturate_cast<std::uint8_t>(function(value));
  cv::LUT(image, table, result);
  return result;
}

}  // namespace

std::unique_ptr<Transform> make_brightness(cv::Size size, double factor) {
  require_factor("brightness", factor);
  return pixel_change("brightness", size, [factor](const cv::Mat& image) { return by_value(image, [=](int v) { return v * factor; }); });
}

std::unique_ptr<Transform> make_contrast(cv::Size size, double factor) {
  require_factor("contrast", factor);
  return pixel_change("contrast", size, [factor](const cv::Mat& image) {
    const double mean = cv::mean(brightness_of(image))[0];
    return by_value(image, [=](int v) { return mean + (v - mean) * factor; });
  });
}

std::unique_ptr<Transform> make_saturation(cv::Size size, double factor) {
  require_factor("saturation", factor);
  return pixel_change("saturation", size, [factor](const cv::Mat& image) {
    if (image.channels() == 1) return image.clone();
    cv::Mat result;
    cv::addWeighted(image, factor, as_picture(brightness_of(image), image), 1 - factor, 0, result);
    return result;
  });
}

std::unique_ptr<Transform> make_hue(cv::Size size, double turn) {
  require_option(turn >= -0.5 && turn <= 0.5, "hue", "the turn", turn, "a number in [-0.5, 0.5]");
  const int steps = static_cast<int>(std::lround(turn * 256));
  return pixel_change("hue", size, [steps](const cv::Mat& image) {
    if (image.channels() == 1 || steps == 0) return image.clone();
    cv::Mat hsv, result;
    cv::cvtColor(image, hsv, cv::COLOR_BGR2HSV_FULL);  // 256 hues
    std::vector<cv::Mat> channels;
    cv::split(hsv, channels);
    channels[0] = by_value(channels[0], [=](int hue) { return (hue + steps + 256) % 256; });
    cv::merge(channels, hsv);
    cv::cvtColor(hsv, result, cv::COLOR_HSV2BGR_FULL);
    return result;
  });
}

std::unique_ptr<Transform> make_gray(cv::Size size) {
  return pixel_change("gray", size, [](const cv::Mat& image) { return as_picture(brightness_of(image), image); });
}

std::unique_ptr<Transform> make_gamma(cv::Size size, double gamma) {
  require_option(gamma > 0 && std::isfinite(gamma), "gamma", "the exponent", gamma, "a number over 0");
  return pixel_change("gamma", size,
                      [gamma](const cv::Mat& image) { return by_value(image, [=](int v) { return 255 * std::pow(v / 255.0, gamma); }); });
}

std::unique_ptr<Transform> make_pca_color(cv::Size size, cv::Vec3d factors) {
  // Of RGB values in [0, 1], as the paper's successors publish them.
  constexpr double kScales[] = {0.2175, 0.0188, 0.0045};
  constexpr double kComponents[3][3] = {{-0.5675, -0.5808, -0.5836}, {0.7192, -0.0045, -0.6948}, {0.4009, -0.8140, 0.4203}};
  cv::Scalar offset;  // BGR
  for (int color = 0; color < 3; ++color)
    for (int i = 0; i < 3; ++i) offset[2 - color] += 255 * factors[i] * kScales[i] * kComponents[i][color];
  return pixel_change("pca color", size, [offset](const cv::Mat& image) {
    if (image.channels() == 1) return image.clone();
    cv::Mat result;
    cv::add(image, offset, result);
    return result;
  });
}

std::unique_ptr<Transform> make_clahe(cv::Size size, double clip_limit, int tiles) {
  require_option(clip_limit > 0 && std::isfinite(clip_limit), "clahe", "the clip limit", clip_limit, "a number over 0");
  require_option(tiles >= 1, "clahe", "the number of tiles", tiles, "at least 1");
  return pixel_change("clahe", size, [clip_limit, tiles](const cv::Mat& image) {
    const cv::Ptr<cv::CLAHE> clahe = cv::createCLAHE(clip_limit, {std::min(tiles, image.cols), std::min(tiles, image.rows)});
    cv::Mat result;
    if (image.channels() == 1) {
      clahe->apply(image, result);
      return result;
    }
    cv::Mat lab, equalised;
    cv::cvtColor(image, lab, cv::COLOR_BGR2Lab);
    std::vector<cv::Mat> channels;
    cv::split(lab, channels);
    clahe->apply(channels[0], equalised);
    channels[0] = equalised;
    cv::merge(channels, lab);
    cv::cvtColor(lab, result, cv::COLOR_Lab2BGR);
    return result;
  });
}

}  // namespace fovea
