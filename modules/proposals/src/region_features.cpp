#include "region_features.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>

namespace fovea {

namespace {

/// Derivatives of the Gaussian with sigma 1 along x and y, one channel.
struct Gradients {
  cv::Mat dx, dy;
};

Gradients gradients_of(const cv::Mat& channel) {
  constexpr int kRadius = 4;
  cv::Mat smooth(1, 2 * kRadius + 1, CV_32F), derivative(1, 2 * kRadius + 1, CV_32F);
  double sum = 0;
  for (int i = -kRadius; i <= kRadius; ++i) sum += std::exp(-0.5 * i * i);
  for (int i = -kRadius; i <= kRadius; ++i) {
    smooth.at<float>(i + kRadius) = static_cast<float>(std::exp(-0.5 * i * i) / sum);
    derivative.at<float>(i + kRadius) = static_cast<float>(i * std::exp(-0.5 * i * i) / sum);
  }
  Gradients gradients;
  cv::sepFilter2D(channel, gradients.dx, CV_32F, derivative, smooth, {-1, -1}, 0, cv::BORDER_REPLICATE);
  cv::sepFilter2D(channel, gradients.dy, CV_32F, smooth, derivative, {-1, -1}, 0, cv::BORDER_REPLICATE);
  return gradients;
}

/// Responses along the axes at 0, 45, 90 and 135 degrees.
std::array<float, 4> responses(float dx, float dy) {
  constexpr float kDiagonal = std::numbers::sqrt2_v<float> / 2;
  return {dx, kDiagonal * (dx + dy), dy, kDiagonal * (dy - dx)};
}

float largest_response(const Gradients& gradients) {
  float largest = 0;
  for (int y = 0; y < gradients.dx.rows; ++y) {
    const auto *const dx = gradients.dx.ptr<float>(y), *const dy = gradients.dy.ptr<float>(y);
    for (int x = 0; x < gradients.dx.cols; ++x)
      for (const float response : responses(dx[x], dy[x])) largest = std::max(largest, std::abs(response));
  }
  return largest;
}

}  // namespace

PixelBins::PixelBins(const cv::Mat& image, const Threads& threads)
    : channels_(image.channels()),
      width_(image.cols),
      colour_(image.total() * static_cast<std::size_t>(channels_)),
      texture_(4 * colour_.size()) {
  parallel_blocks(threads, channels_, [&](std::int64_t block) {
    const int c = static_cast<int>(block);
    cv::Mat channel;
    cv::extractChannel(image, channel, c);
    const Gradients gradients = gradients_of(channel);
    const float largest = largest_response(gradients), scale = largest > 0 ? kTextureBins / largest : 0;
    for (int y = 0; y < image.rows; ++y) {
      const auto* const values = channel.ptr(y);
      const auto *const dx = gradients.dx.ptr<float>(y), *const dy = gradients.dy.ptr<float>(y);
      std::uint8_t* const colour = colour_.data() + y * width_ * channels_ + c;
      std::uint8_t* const texture = texture_.data() + (y * width_ * channels_ + c) * 4;
      for (std::int64_t x = 0; x < width_; ++x) {
        colour[x * channels_] = static_cast<std::uint8_t>(values[x] * kColourBins / 256);
        const std::array<float, 4> along = responses(dx[x], dy[x]);
        for (int axis = 0; axis < 4; ++axis) {
          const float response = along[static_cast<std::size_t>(axis)];
          const int bin = std::min(static_cast<int>(std::abs(response) * scale), kTextureBins - 1);
          const int direction = response < 0 ? axis + 4 : axis;
          texture[x * channels_ * 4 + axis] = static_cast<std::uint8_t>(bin == 0 ? 0 : direction * kTextureBins + bin);
        }
      }
    }
  });
}

float Histograms::intersection(std::int32_t a, std::int32_t b) const {
  const float *const left = of(a), *const right = of(b);
  std::array<float, kLanes> sums{};
  for (std::size_t i = 0; i < stride_; i += kLanes)
    for (std::size_t lane = 0; lane < kLanes; ++lane) sums[lane] += left[i + lane] < right[i + lane] ? left[i + lane] : right[i + lane];
  float sum = 0;
  for (const float lane : sums) sum += lane;
  return sum;
}

void Histograms::merge(std::int32_t a, std::int32_t b, double size_a, double size_b) {
  float* const left = of(a);
  const float* const right = of(b);
  const auto share_a = static_cast<float>(size_a / (size_a + size_b)), share_b = static_cast<float>(size_b / (size_a + size_b));
  for (std::size_t i = 0; i < stride_; ++i) left[i] = share_a * left[i] + share_b * right[i];
}

RegionFeatures region_features(const RegionMap& regions, const PixelBins& bins) {
  constexpr int kColour = PixelBins::kColourBins, kTexture = PixelBins::kDirections * PixelBins::kTextureBins;
  const auto count = static_cast<std::size_t>(regions.count), channels = static_cast<std::size_t>(bins.channels());
  RegionFeatures features{.sizes = std::vector<std::int64_t>(count),
                          .boxes = {},
                          .colour = Histograms(count, kColour * channels),
                          .texture = Histograms(count, kTexture * channels)};
  const auto width = static_cast<float>(regions.labels.cols), height = static_cast<float>(regions.labels.rows);
  features.boxes.assign(count, {width, height, 0, 0});
  std::vector<std::uint32_t> colour(count * channels * kColour), texture(count * channels * kTexture);
  for (int y = 0; y < regions.labels.rows; ++y) {
    const auto* const labels = regions.labels.ptr<std::int32_t>(y);
    const std::uint8_t *colour_bin = bins.colour(y), *texture_code = bins.texture(y);
    for (int x = 0; x < regions.labels.cols; ++x) {
      const auto region = static_cast<std::size_t>(labels[x]);
      ++features.sizes[region];
      Box& box = features.boxes[region];
      box = {std::min(box.x1, static_cast<float>(x)), std::min(box.y1, static_cast<float>(y)), std::max(box.x2, static_cast<float>(x + 1)),
             std::max(box.y2, static_cast<float>(y + 1))};
      std::uint32_t* const colours = colour.data() + region * channels * kColour;
      std::uint32_t* const textures = texture.data() + region * channels * kTexture;
      for (std::size_t c = 0; c < channels; ++c) {
        ++colours[c * kColour + *colour_bin++];
        for (int axis = 0; axis < 4; ++axis) ++textures[c * kTexture + *texture_code++];
      }
    }
  }
  for (std::size_t region = 0; region < count; ++region) {
    const double size = static_cast<double>(features.sizes[region]), share = 1 / (size * static_cast<double>(channels));
    float* const colour_out = features.colour.of(static_cast<std::int32_t>(region));
    for (std::size_t i = 0; i < channels * kColour; ++i)
      colour_out[i] = static_cast<float>(colour[region * channels * kColour + i] * share);
    float* const texture_out = features.texture.of(static_cast<std::int32_t>(region));
    for (std::size_t d = 0; d < channels * PixelBins::kDirections; ++d) {  // bin 0 holds all pixels that are in no other
      std::uint32_t* const bin = texture.data() + region * channels * kTexture + d * PixelBins::kTextureBins;
      bin[0] = static_cast<std::uint32_t>(features.sizes[region]);
      for (int b = 1; b < PixelBins::kTextureBins; ++b) bin[0] -= bin[b];
      for (std::size_t b = 0; b < PixelBins::kTextureBins; ++b)
        texture_out[d * PixelBins::kTextureBins + b] = static_cast<float>(bin[b] * share / PixelBins::kDirections);
    }
  }
  return features;
}

}  // namespace fovea
