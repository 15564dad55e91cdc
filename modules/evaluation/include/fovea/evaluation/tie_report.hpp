// How much of an average precision is the order of equal scores. COCO's and VOC's protocols take detections with equal scores in the order
// of the file, which says nothing of the detector.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "fovea/base/parallel.hpp"
#include "fovea/data/detection_dataset.hpp"
#include "fovea/evaluation/coco_evaluation.hpp"

namespace fovea {

struct TieReport {
  double lowest = -1, as_given = -1,
         highest = -1;  ///< AP when of equal scores the false come first, in the file's order, when the right do
  std::int64_t detections = 0;
  std::int64_t tied = 0;              ///< that share their score with another of the class
  std::vector<std::string> constant;  ///< classes all of whose detections (two or more) have one score: their AP means nothing
};

/// AP of COCO's protocol, all areas, the last of max_detections. The matching within an image stays that of the file's order.
/// Throws as evaluate_coco.
TieReport tie_report(const DetectionDataset& truth, const DetectionResults& results, const CocoOptions& options, const Threads& threads);

}  // namespace fovea
