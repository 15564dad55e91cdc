// An image as planes of f32, smoothed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <opencv2/core/mat.hpp>

#include "fovea/base/parallel.hpp"

namespace fovea {

/// Channel after channel, row after row.
struct PixelPlanes {
  std::int64_t height = 0, width = 0, channels = 0;
  std::unique_ptr<float[]> values;  // read in order: plain memory, which goes back to the system before the regions grow

  float* row(std::int64_t channel, std::int64_t y) { return values.get() + (channel * height + y) * width; }
  const float* row(std::int64_t channel, std::int64_t y) const { return values.get() + (channel * height + y) * width; }
};

/// Rows that one task works on: about 2^14 pixels and at least 16, however many threads there are.
std::int64_t rows_per_band(std::int64_t width);

/// The image on the scale of 8-bit values (CV_16U: v / 257), each channel filtered with exp(-x^2 / (2 sigma^2)) for |x| <= ceil(4 sigma),
/// normalised, along rows and then along columns; beyond the border its pixels are repeated. All in f32, each sum taken from the centre
/// outwards. sigma 0 leaves the values. Throws ShapeError naming `operation` for an empty image, OptionError for a value that is not
/// finite.
PixelPlanes smooth_planes(const cv::Mat& image, double sigma, const Threads& threads, const char* operation);

}  // namespace fovea
