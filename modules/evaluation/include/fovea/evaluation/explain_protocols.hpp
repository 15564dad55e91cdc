// Why two protocols give two numbers for the same files: one rule is changed after the other, and each change is given its part of the
// difference.
//
//     voc07 -- interpolation --> voc12 -- pixels -- difficult -- 101 points -- matching -- detections per image -- IoU range --> coco
//
// The parts depend on this order, as those of any such path do; their sum is the whole difference.
#pragma once

#include <string>
#include <vector>

#include "fovea/base/parallel.hpp"
#include "fovea/data/detection_dataset.hpp"
#include "fovea/evaluation/voc_evaluation.hpp"

namespace fovea {

struct ProtocolStep {
  std::string rule;  ///< what changed: "11-point to all-point interpolation"; of the first entry the protocol itself
  double AP = -1;    ///< the mean over classes with it
};

/// From one of "voc07", "voc12", "coco" to another, in either direction; the first entry is the former, the last has the latter's AP.
/// `voc`: the pixels, levels and handling of difficult objects of the VOC protocols. Throws OptionError for other names.
std::vector<ProtocolStep> explain_protocols(const DetectionDataset& truth, const DetectionResults& results, const std::string& from,
                                            const std::string& to, const VocOptions& voc, const Threads& threads);

}  // namespace fovea
