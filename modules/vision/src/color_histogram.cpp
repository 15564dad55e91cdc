#include "fovea/vision/color_histogram.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <opencv2/core.hpp>
#include <vector>

#include "fovea/base/error.hpp"

namespace fovea {

namespace {

/// Hexagonal hue in [0, 1), saturation and value in [0, 1] (Smith 1978). Grey has hue 0.
std::array<float, 3> hsv_of(const std::array<float, 3>& rgb) {
  const auto [red, green, blue] = rgb;
  const float value = std::max({red, green, blue}), range = value - std::min({red, green, blue});
  if (range == 0) return {0, 0, value};
  float sextant = 0;
  if (value == red)
    sextant = (green - blue) / range;
  else if (value == green)
    sextant = 2 + (blue - red) / range;
  else
    sextant = 4 + (red - green) / range;
  if (sextant < 0) sextant += 6;
  return {std::min(sextant / 6, 0x1.fffffep-1f), range / value, value};
}

int bin_of(float value, int bins) { return std::min(static_cast<int>(value * static_cast<float>(bins)), bins - 1); }

/// NaN counts as 0.
float in_range(float value) { return value > 0 ? std::min(value, 1.f) : 0.f; }

}  // namespace

std::int64_t color_histogram_size(int channels, const ColorHistogramOptions& options) {
  for (const int bins : {options.bins[0], options.bins[1], options.bins[2], options.grey_bins})
    if (bins < 1 || bins > 256) throw OptionError(fmt::format("[color_histogram] bins are 1 to 256 per axis, found {}", bins));
  if (channels == 1) return options.grey_bins;
  if (channels != 3) throw ShapeError(fmt::format("[color_histogram] wants 1 or 3 channels, found {}", channels));
  return std::int64_t{options.bins[0]} * options.bins[1] * options.bins[2];
}

void color_histogram(const cv::Mat& image, const ColorHistogramOptions& options, std::span<float> histogram) {
  if (image.dims != 2 || image.depth() != CV_32F)
    throw ShapeError(
        fmt::format("[color_histogram] wants images of f32 values, found {} of {} axes", cv::typeToString(image.type()), image.dims));
  const std::int64_t size = color_histogram_size(image.channels(), options);
  if (static_cast<std::int64_t>(histogram.size()) != size)
    throw ShapeError(fmt::format("[color_histogram] the histogram has {} values, found room for {}", size, histogram.size()));
  std::vector<std::int64_t> counts(histogram.size());
  for (int y = 0; y < image.rows; ++y)
    for (int x = 0; x < image.cols; ++x) {
      std::size_t bin = 0;
      if (image.channels() == 1) {
        bin = static_cast<std::size_t>(bin_of(in_range(image.at<float>(y, x)), options.grey_bins));
      } else {
        const auto& pixel = image.at<cv::Vec3f>(y, x);
        std::array<float, 3> color = {in_range(pixel[0]), in_range(pixel[1]), in_range(pixel[2])};
        if (options.space == ColorHistogramOptions::Space::hsv) color = hsv_of(color);
        for (std::size_t axis = 0; axis < 3; ++axis)
          bin = bin * static_cast<std::size_t>(options.bins[axis]) + static_cast<std::size_t>(bin_of(color[axis], options.bins[axis]));
      }
      ++counts[bin];
    }
  const double pixels = static_cast<double>(image.total());
  std::transform(counts.begin(), counts.end(), histogram.begin(),
                 [&](std::int64_t count) { return pixels > 0 ? static_cast<float>(static_cast<double>(count) / pixels) : 0.f; });
}

}  // namespace fovea
