// From a detector's recipe to everything that its training needs, in memory.
#pragma once

#include <functional>
#include <string>

#include "fovea/data/annotated_dataset.hpp"
#include "fovea/detection/detection_task.hpp"
#include "fovea/pipelines/detector_recipe.hpp"
#include "fovea/pipelines/train_detector.hpp"

namespace fovea {

struct DetectorSetup {
  DetectorRecipe recipe;  ///< with everything decided that its other parts decide
  AnnotatedDataset train, validation;
  TrainedDetector detector;  ///< with its first weights, in training mode
  DetectionTaskOptions options;

  /// Where the validation pictures are.
  const std::string& validation_source() const { return recipe.val_data.empty() ? recipe.training.data : recipe.val_data; }
};

/// Throws Error naming what is wrong with the recipe or the data; what applies to classifiers only is an error, never passed over.
DetectorSetup set_up_detector(const DetectorRecipe& wanted, const TrainEnvironment& environment);

}  // namespace fovea
