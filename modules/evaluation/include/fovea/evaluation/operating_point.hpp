// A detector at one threshold of confidence: precision, recall, F1, and what it takes for what.
//
// All of it comes from one matching, COCO's at one IoU threshold without a limit on detections: within a class, by falling score, each
// detection takes the free object that it overlaps most. A higher confidence only takes detections away from the end of that list, so the
// curves and the confusion matrix agree at every confidence: the diagonal is what precision and recall count as right.
#pragma once

#include <cstdint>
#include <vector>

#include "fovea/base/parallel.hpp"
#include "fovea/data/detection_dataset.hpp"
#include "fovea/evaluation/classification_metrics.hpp"
#include "fovea/evaluation/coco_evaluation.hpp"

namespace fovea {

struct OperatingOptions {
  IouType iou_type = IouType::bbox;
  double iou_threshold = 0.5;
  double confidence = 0.25;  ///< detections with this score or more
};

/// Precision, recall and F1 of one class when detections from a confidence on are kept. One entry for each score that occurs, falling.
struct ConfidenceCurve {
  DetectionCategory category;
  std::int64_t objects = 0;  ///< crowds are not counted
  std::vector<double> confidence, precision, recall, f1;
};

/// For every class, by rising id. options.confidence is not used. Throws OptionError for a threshold outside [0, 1].
std::vector<ConfidenceCurve> confidence_curves(const DetectionDataset& truth, const DetectionResults& results,
                                               const OperatingOptions& options, const Threads& threads);

/// Counts of objects [actual][predicted], by rising class id; the last row and column are the background: false detections, missed objects.
/// What is left over after the matching within classes is matched once more across classes, by falling score: those are taken for another
/// class. Detections on crowds do not appear.
struct DetectionConfusion {
  OperatingOptions options;
  std::vector<DetectionCategory> categories;
  std::vector<std::vector<std::int64_t>> counts;
  std::vector<ClassMetrics> per_class;  ///< precision: of the column, recall: of the row; 0/0 is 0
};

/// Throws OptionError for a threshold outside [0, 1].
DetectionConfusion detection_confusion(const DetectionDataset& truth, const DetectionResults& results, const OperatingOptions& options,
                                       const Threads& threads);

}  // namespace fovea
