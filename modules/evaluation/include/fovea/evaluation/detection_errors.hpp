// What is wrong with false and missing detections, and what each kind costs: Bolya et al., "TIDE: a general toolbox for identifying object
// detection errors", ECCV 2020, section 2.
//
// A false detection overlaps nothing by the background threshold (background); an object of its class between the thresholds
// (localisation); one of another class from the foreground threshold on (classification); one that another detection has taken (duplicate);
// else both, wrong class and place. An object that no detection has found, and that no localisation or classification error points at, is
// missed.
#pragma once

#include <array>
#include <cstdint>

#include "fovea/base/parallel.hpp"
#include "fovea/data/detection_dataset.hpp"
#include "fovea/evaluation/coco_evaluation.hpp"

namespace fovea {

enum class DetectionError { classification, localisation, both, duplicate, background, missed };
inline constexpr std::array<const char*, 6> kDetectionErrorNames = {"classification", "localisation", "both",
                                                                    "duplicate",      "background",   "missed"};

struct DetectionErrorOptions {
  IouType iou_type = IouType::bbox;
  double foreground = 0.5;
  double background = 0.1;
  std::int64_t max_detections = 100;
};

struct DetectionErrorReport {
  DetectionErrorOptions options;
  double AP = -1;  ///< COCO's, at the foreground threshold
  std::int64_t right = 0;
  struct Kind {
    std::int64_t count = 0;
    double AP_gain =
        0;  ///< AP when errors of this kind are mended (or, where that is not possible, left out), minus AP; 0 when no object is left
  };
  std::array<Kind, 6> kinds;  ///< in the order of DetectionError
};

/// Throws OptionError unless 0 <= background < foreground <= 1.
DetectionErrorReport detection_errors(const DetectionDataset& truth, const DetectionResults& results, const DetectionErrorOptions& options,
                                      const Threads& threads);

}  // namespace fovea
