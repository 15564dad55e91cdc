// What a detector finds in a data set, and how good that is.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "fovea/base/dtype.hpp"
#include "fovea/base/stop_token.hpp"
#include "fovea/data/annotated_dataset.hpp"
#include "fovea/detection/detection_batch.hpp"
#include "fovea/detection/post_processing.hpp"

namespace fovea {

/// What metrics are computed from: also what is hardly sure, as they look at every score.
inline PostProcessingOptions evaluation_post_processing() { return {.smallest_score = 0.005, .suppression = {.max_boxes = 100}}; }

/// A box as files and metrics have it.
XywhBox to_xywh(const Box& box);

struct DetectorEvaluation {
  DetectionResults results;                            ///< in pixels of the original images
  std::vector<std::pair<std::string, double>> losses;  ///< the terms of the loss, means over the images
};

/// Runs `detector`, which is in evaluation mode, on every picture of `dataset`, as it is: augmentation, mosaic and changing sizes of
/// `options` are left out. Throws Stopped when `stop` asks for it, OptionError and FileError as the data set does.
DetectorEvaluation run_detector(OneStageDetector& detector, const AnnotatedDataset& dataset, const DetectionBatchOptions& options,
                                const PostProcessingOptions& post_processing = evaluation_post_processing(), DType precision = DType::f32,
                                const StopToken& stop = {});

}  // namespace fovea
