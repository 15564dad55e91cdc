// What selective search knows of a region: size, box, histograms.
#pragma once

#include <cstdint>
#include <opencv2/core/mat.hpp>
#include <span>
#include <vector>

#include "fovea/base/parallel.hpp"
#include "fovea/superpixels/region_map.hpp"
#include "fovea/vision/box.hpp"

namespace fovea {

/// Into which bins of the histograms every pixel of an image counts.
class PixelBins {
 public:
  static constexpr int kColourBins = 25, kDirections = 8, kTextureBins = 10;

  /// `image`: 8-bit, one or three channels.
  PixelBins(const cv::Mat& image, const Threads& threads);

  int channels() const { return channels_; }
  std::int64_t width() const { return width_; }
  /// channels() bins of colour for each pixel of row y.
  const std::uint8_t* colour(std::int64_t y) const { return colour_.data() + y * width_ * channels_; }
  /// channels() x 4 codes for each pixel of row y, one for each axis at 0, 45, 90 and 135 degrees: direction x 10 + bin, the direction
  /// being one of the two along the axis. The other direction's bin is 0, as both are where the code is 0.
  const std::uint8_t* texture(std::int64_t y) const { return texture_.data() + y * width_ * channels_ * 4; }

 private:
  int channels_;
  std::int64_t width_;
  std::vector<std::uint8_t> colour_, texture_;
};

/// Histograms of many regions, each a run of floats that is padded with zeros to a whole number of kLanes.
class Histograms {
 public:
  static constexpr std::size_t kLanes = 16;

  Histograms() = default;
  Histograms(std::size_t regions, std::size_t bins) : stride_((bins + kLanes - 1) / kLanes * kLanes), values_(regions * stride_) {}

  float* of(std::int32_t region) { return values_.data() + static_cast<std::size_t>(region) * stride_; }
  const float* of(std::int32_t region) const { return values_.data() + static_cast<std::size_t>(region) * stride_; }

  /// The sum of the smaller ones of each pair of bins. In a fixed order: the same with vectors of any length.
  float intersection(std::int32_t a, std::int32_t b) const;
  /// a becomes the mean of both, weighted by the sizes.
  void merge(std::int32_t a, std::int32_t b, double size_a, double size_b);

 private:
  std::size_t stride_ = 0;
  std::vector<float> values_;
};

struct RegionFeatures {
  std::vector<std::int64_t> sizes;  ///< pixels
  std::vector<Box> boxes;
  Histograms colour, texture;  ///< each channel's bins add up to 1 / channels; texture: each channel's of all directions
};

RegionFeatures region_features(const RegionMap& regions, const PixelBins& bins);

}  // namespace fovea
