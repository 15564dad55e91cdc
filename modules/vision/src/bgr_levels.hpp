// One pixel as a vector of four floats: blue, green, red and one that means nothing.
#pragma once

#include <cstring>
#include <opencv2/core/hal/intrin.hpp>

#include "fovea/vision/preprocessing.hpp"

namespace fovea {

/// Of three bytes; reads four.
inline cv::v_float32x4 load_levels(const std::uint8_t* pixel) {
  std::uint32_t word;  // not by cv::v_load_expand_q(), which reads an int where none is aligned
  std::memcpy(&word, pixel, sizeof(word));
  const cv::v_uint8x16 bytes = cv::v_reinterpret_as_u8(cv::v_uint32x4(word, 0, 0, 0));
  return cv::v_cvt_f32(cv::v_reinterpret_as_s32(cv::v_expand_low(cv::v_expand_low(bytes))));
}

/// Whole numbers 0 to 255 as the numbers of a network: (v / 255 - mean) / deviation as v * factor + offset, red, green, blue.
class NetworkLevels {
 public:
  explicit NetworkLevels(const Preprocessing& preprocessing) {
    for (std::size_t c = 0; c < 3; ++c) {
      const std::size_t channel = 2 - c;
      factor_[c] = static_cast<float>(1 / (255 * preprocessing.deviation[channel]));
      offset_[c] = static_cast<float>(-preprocessing.mean[channel] / preprocessing.deviation[channel]);
    }
  }

  /// `width` pixels, from pixel(x), which gives B, G, R and anything; the last first when `mirrored`.
  template <class Pixel>
  void write_row(int width, bool mirrored, Pixel&& pixel, float* destination) const {
    const cv::v_float32x4 factor = cv::v_load(factor_), offset = cv::v_load(offset_);
    const auto values = [&](int x) {
      const cv::v_float32x4 bgr = pixel(mirrored ? width - 1 - x : x) * factor + offset;
      return cv::v_rotate_right<1>(cv::v_reverse(bgr));
    };
    // Four numbers are stored; the next pixel overwrites the fourth, and the last one has no next.
    for (int x = 0; x + 1 < width; ++x, destination += 3) cv::v_store(destination, values(x));
    float last[4];
    cv::v_store(last, values(width - 1));
    std::memcpy(destination, last, 3 * sizeof(float));
  }

 private:
  float factor_[4] = {}, offset_[4] = {};
};

}  // namespace fovea
