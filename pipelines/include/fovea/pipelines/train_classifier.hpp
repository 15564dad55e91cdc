// From a recipe to a trained classifier in a run folder.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "fovea/pipelines/classifier_recipe.hpp"
#include "fovea/training/trainer.hpp"

namespace fovea {

struct TrainEnvironment {
  std::filesystem::path out;                         ///< the run folder
  int workers = 1;                                   ///< of the loader
  std::function<void(const std::string& line)> log;  ///< facts of the run, one line each; may be null
  std::vector<std::shared_ptr<TrainerHook>> hooks;   ///< beside the run folder's own
};

struct TrainClassifierResult {
  std::filesystem::path best;  ///< weights/best.fovea
  TrainingSummary summary;
  std::string metric;   ///< what the best epoch was chosen by
  std::string metrics;  ///< JSON text: the best weights on the validation split, with the keys of `fovea evaluate`
};

/// Trains and leaves in the run folder: recipe.json; results.csv (one row an epoch), log.jsonl and events.out.tfevents.*
/// (training_log.hpp); weights/best.fovea and weights/last.fovea; of plots/ learning_curves and updates (.png, .svg), batch.png (augmented
/// training images with their labels), confusion_matrix.png (validation, best weights); validation.json. Never reads the test split. Throws
/// Error naming what is wrong with the recipe, the data, or the run folder when it holds weights already.
TrainClassifierResult train_classifier(const ClassifierRecipe& recipe, const TrainEnvironment& environment);

}  // namespace fovea
