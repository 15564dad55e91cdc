// Training at changing sizes of the network's input: Redmon and Farhadi, "YOLO9000: better, faster, stronger", CVPR 2017, section 2.
#pragma once

#include <cstdint>
#include <opencv2/core/types.hpp>
#include <vector>

namespace fovea {

/// A detector that is convolutional throughout runs at any size of its input; one that has seen objects in many sizes finds them in many.
/// The paper has .min = 320.0 / 416, .max = 608.0 / 416.
struct MultiScaleOptions {
  double min = 1, max = 1;   ///< range of the input's width as a factor of the usual one; both 1: always the usual size
  std::int64_t every = 10;   ///< batches in a row that have one size
  std::int64_t stride = 32;  ///< widths and heights are multiples of it: the detector's largest stride

  bool any() const { return min != 1 || max != 1; }
};

/// The sizes that are drawn from, by rising width: the multiples of the stride in the range, each with the multiple that is nearest to the
/// height that keeps the proportions. Throws OptionError for options out of range (0 < min <= max, every and stride at least 1), and when
/// there is no such multiple.
std::vector<cv::Size> input_sizes(cv::Size usual, const MultiScaleOptions& options);

/// The size in batch `step` of a training, counted from 0 over all epochs: a function of (seed, step), so that neither loader workers nor
/// interruptions change it. Throws as input_sizes().
cv::Size input_size_at(std::int64_t step, std::uint64_t seed, cv::Size usual, const MultiScaleOptions& options);

}  // namespace fovea
