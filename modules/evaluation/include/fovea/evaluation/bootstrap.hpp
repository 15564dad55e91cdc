// How far an average precision can be trusted, and whether one detector is better than another: images are drawn anew, with replacement, as
// often as there are images, and AP is computed again. (Efron and Tibshirani, "An introduction to the bootstrap", 1993, chapter 13:
// percentile intervals.)
#pragma once

#include <cstdint>

#include "fovea/base/parallel.hpp"
#include "fovea/data/detection_dataset.hpp"
#include "fovea/evaluation/coco_evaluation.hpp"

namespace fovea {

struct BootstrapOptions {
  CocoOptions coco;  ///< AP over all areas, with the last of max_detections
  std::int64_t draws = 1000;
  std::uint64_t seed = 1;
};

/// 95 % percentile interval: between the 2.5th and the 97.5th percentile of the draws.
struct BootstrapInterval {
  double value = -1;  ///< of the images as they are
  double lower = -1, upper = -1;
  std::int64_t draws = 0;
};

/// A draw in which a class has no object leaves it out of the mean. Equal bits for any number of threads. Throws OptionError when there are
/// no draws or no images, and as evaluate_coco.
BootstrapInterval bootstrap_ap(const DetectionDataset& truth, const DetectionResults& results, const BootstrapOptions& options,
                               const Threads& threads);

/// Two detectors on the same images: both are measured on the same draws.
struct PairedComparison {
  double first = -1, second = -1;
  BootstrapInterval difference;  ///< second - first
  double second_not_better = 1;  ///< fraction of the draws in which the second is not better
};

PairedComparison compare_paired(const DetectionDataset& truth, const DetectionResults& first, const DetectionResults& second,
                                const BootstrapOptions& options, const Threads& threads);

}  // namespace fovea
