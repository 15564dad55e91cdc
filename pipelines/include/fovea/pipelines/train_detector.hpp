// From a recipe to a trained detector in a run folder.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "fovea/detection/detector.hpp"
#include "fovea/interchange/model_file.hpp"
#include "fovea/pipelines/detector_recipe.hpp"
#include "fovea/pipelines/train_classifier.hpp"
#include "fovea/vision/preprocessing.hpp"

namespace fovea {

/// What a detector's model file (task "detect") holds.
struct TrainedDetector {
  std::unique_ptr<OneStageDetector> network;  ///< in evaluation mode
  std::string architecture;                   ///< JSON text of detector_architecture()
  Preprocessing preprocessing;
  std::vector<std::string> labels;
  std::string training;  ///< JSON text with facts of the training run; may be empty

  /// Throws FileError when the file cannot be read, is damaged, or is no detector of the catalogue.
  static TrainedDetector load(const std::filesystem::path& path);
  /// Of a file that was read already; `where` names it.
  static TrainedDetector from(const ModelFile& file, const std::string& where);
  void save(const std::filesystem::path& path) const;
};

struct TrainDetectorResult {
  std::filesystem::path best;  ///< weights/best.fovea
  TrainingSummary summary;
  std::string metric;  ///< what the best epoch was chosen by
};

/// Trains and leaves in the run folder: recipe.json; results.csv (one row an epoch: losses by term, COCO's and VOC's numbers), log.jsonl
/// and events.out.tfevents.*; weights/best.fovea and weights/last.fovea, with averaged weights when the metric is one of these; learning
/// curves in plots/. Throws Error naming what is wrong with the recipe, the data, or the run folder, which must hold no earlier run. A run
/// cannot be resumed yet: OptionError.
TrainDetectorResult train_detector(const DetectorRecipe& recipe, const TrainEnvironment& environment);

}  // namespace fovea
