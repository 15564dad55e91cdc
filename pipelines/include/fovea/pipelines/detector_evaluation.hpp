// A detector's numbers on a data set.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "fovea/base/json.hpp"
#include "fovea/base/parallel.hpp"
#include "fovea/data/annotated_dataset.hpp"
#include "fovea/evaluation/classification_metrics.hpp"
#include "fovea/pipelines/detection_pipeline.hpp"

namespace fovea {

struct DetectorResults {
  DetectionResults results;
  std::vector<std::string> notes;  ///< classes of one side that the other does not have
};

/// Runs the detector on every picture. Classes are matched by name. Throws OptionError when no class of the model is one of the data's.
DetectorResults detect_dataset(const DetectionPipeline& pipeline, const AnnotatedDataset& data, std::int64_t batch = 16, int workers = 1);

struct DetectorNumbers {
  Json json;          ///< COCO's numbers, per_class, and voc07 and voc12 nested
  std::string table;  ///< COCO's and the mean AP of voc07 and voc12, for people
};

DetectorNumbers evaluate_detector(const AnnotatedDataset& data, const DetectionResults& results, const EvaluationSubject& subject,
                                  const Threads& threads);

}  // namespace fovea
