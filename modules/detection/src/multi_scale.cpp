#include "fovea/detection/multi_scale.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "fovea/base/error.hpp"
#include "fovea/base/random.hpp"

namespace fovea {

std::vector<cv::Size> input_sizes(cv::Size usual, const MultiScaleOptions& options) {
  if (!(options.min > 0 && options.min <= options.max && std::isfinite(options.max)))
    throw OptionError(fmt::format("[multi_scale] expected 0 < min <= max, found {} and {}", options.min, options.max));
  if (options.every < 1) throw OptionError(fmt::format("[multi_scale] a size lasts at least 1 batch, found every = {}", options.every));
  if (options.stride < 1) throw OptionError(fmt::format("[multi_scale] the stride is at least 1, found {}", options.stride));
  const auto stride = static_cast<double>(options.stride);
  std::vector<cv::Size> sizes;
  for (double columns = std::ceil(options.min * usual.width / stride); columns * stride <= options.max * usual.width; ++columns) {
    const double rows = std::max(1.0, std::round(columns * usual.height / usual.width));
    sizes.emplace_back(static_cast<int>(columns * stride), static_cast<int>(rows * stride));
  }
  if (sizes.empty())
    throw OptionError(fmt::format("[multi_scale] no multiple of the largest stride, {}, lies from {} to {} times the width {}",
                                  options.stride, options.min, options.max, usual.width));
  return sizes;
}

cv::Size input_size_at(std::int64_t step, std::uint64_t seed, cv::Size usual, const MultiScaleOptions& options) {
  if (!options.any()) return usual;
  constexpr std::uint64_t kPurpose = 3;  // keeps the stream apart from those of samples and of the order
  const std::vector<cv::Size> sizes = input_sizes(usual, options);
  RandomStream stream(seed, static_cast<std::uint64_t>(step / options.every), 0, kPurpose);
  return sizes[stream.below(sizes.size())];
}

}  // namespace fovea
