// How often which colour occurs in an image, wherever it is.
#pragma once

#include <array>
#include <cstdint>
#include <opencv2/core/mat.hpp>
#include <span>

namespace fovea {

struct ColorHistogramOptions {
  enum class Space : std::uint8_t {
    hsv,  ///< hue (circular), saturation, value
    rgb,
  };
  Space space = Space::hsv;
  std::array<int, 3> bins = {8, 4, 4};  ///< of the three axes; a joint histogram (Swain and Ballard 1991)
  int grey_bins = 32;                   ///< of images with one channel
};

/// Values of the histogram of an image with `channels` (1 or 3). Throws OptionError when a number of bins is not in 1 to 256.
std::int64_t color_histogram_size(int channels, const ColorHistogramOptions& options = {});

/// The share of pixels in every bin, first axis slowest; the shares add up to 1. `image` has f32 values in [0, 1] (others count as the
/// nearest) and is grey or red, green, blue. An image without pixels gives zeros. Throws ShapeError for other images or sizes.
void color_histogram(const cv::Mat& image, const ColorHistogramOptions& options, std::span<float> histogram);

}  // namespace fovea
