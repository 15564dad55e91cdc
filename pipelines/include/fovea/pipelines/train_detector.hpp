// From a recipe to a trained detector in a run folder.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "fovea/detection/detector.hpp"
#include "fovea/interchange/model_file.hpp"
#include "fovea/pipelines/detector_recipe.hpp"
#include "fovea/pipelines/train_environment.hpp"
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

/// Trains and leaves in the run folder what train_classifier() leaves there, but for what is of detectors: results.csv has losses by term,
/// COCO's numbers and VOC's; plots/batch.png has boxes drawn in; and of the best weights on the validation images validation.json has
/// the numbers of `fovea evaluate`, report.html the page of `fovea evaluate --report`, plots/ precision_recall (.png, .svg),
/// confusion_matrix.png and found.png, some images with their objects and what was found. Throws Error naming what is wrong with the
/// recipe, the data, or the run folder, as train_classifier() does.
TrainResult train_detector(const DetectorRecipe& recipe, const TrainEnvironment& environment);

}  // namespace fovea
