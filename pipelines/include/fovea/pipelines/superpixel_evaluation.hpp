// Folders of superpixels against folders of ground truth.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "fovea/evaluation/superpixel_metrics.hpp"

namespace fovea {

struct SuperpixelScore {
  std::string name;  ///< of the label PNG, without extension
  SuperpixelMetrics metrics;
};

struct SuperpixelEvaluation {
  std::vector<SuperpixelScore> images;
  struct Failure {
    std::string file, reason;
  };
  std::vector<Failure> failed;
};

/// Measures every label PNG in `labels` (8- or 16-bit, one channel) against the ground truths of its name: NAME.png and NAME_*.png in
/// `ground_truth`, searched recursively, one for each person. A file that cannot be used, or has no ground truth, is a failure. Throws
/// FileError when `labels` holds no PNG.
SuperpixelEvaluation evaluate_superpixels(const std::filesystem::path& labels, const std::filesystem::path& ground_truth,
                                          const SuperpixelMetricsOptions& options = {});

}  // namespace fovea
