// What the pixel values of label files stand for.
#pragma once

#include <cstdint>
#include <opencv2/core/mat.hpp>
#include <optional>
#include <string>
#include <vector>

namespace fovea {

/// The values that occur in a map of 8 or 16 bits, ascending.
std::vector<std::int32_t> values_in(const cv::Mat& labels);

/// From the values in files to indices of classes.
class LabelValues {
 public:
  /// `values`: of classes 0, 1, ..., and every other value is ignored, 255 too unless it is one of them; when empty, values are indices
  /// themselves, and only `ignored` is not (none: 255 in files of 8 bits, 65535 in files of 16; -1: no value).
  LabelValues(std::vector<int> values, std::optional<int> ignored, std::size_t classes);

  /// The map in indices, of type CV_8UC1 or CV_16UC1 with 255 or 65535 where it is ignored. Throws FileError naming `file`, the pixel and
  /// what was expected for a value that is no class.
  cv::Mat to_indices(const cv::Mat& labels, int type, const std::string& file) const;
  /// The value that is ignored in files of this type, -1 for none.
  int ignored_value(int type) const;

 private:
  std::vector<int> values_;
  std::optional<int> ignored_;
  std::size_t classes_;
};

}  // namespace fovea
