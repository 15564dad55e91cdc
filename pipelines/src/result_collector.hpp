// What a detector finds in a data set, in the data's classes.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "fovea/pipelines/detector_evaluation.hpp"

namespace fovea {

/// Takes what was found image by image; classes are matched by name.
class ResultCollector {
 public:
  /// Of the model and of the data. Throws OptionError when they have none in common.
  ResultCollector(const std::vector<std::string>& labels, const std::vector<std::string>& names);

  /// Of the next image.
  void add(const Detections& found);
  const DetectorResults& results() const { return results_; }

 private:
  DetectorResults results_;
  std::vector<std::int32_t> categories_;  // the data's of each of the model's classes; -1 for none
  std::int32_t image_ = 0;
};

}  // namespace fovea
