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
  bool resume = false;                               ///< goes on with the run in `out`; the recipe is its recipe.json's
  StopToken stop;                                    ///< ends the training after the batch that is running, its state saved
  double save_seconds = 600;                         ///< the state is saved after every epoch, and within one when this long has passed
  bool detect_anomaly = false;                       ///< checks every operation as it runs, not only losses and gradients
  std::int64_t save_batches = 0;                     ///< or after so many batches; 0 each: not by that
};

struct TrainClassifierResult {
  std::filesystem::path best;  ///< weights/best.fovea
  TrainingSummary summary;
  std::string metric;   ///< what the best epoch was chosen by
  std::string metrics;  ///< JSON text: the best weights on the validation split, with the keys of `fovea evaluate`; "" when stopped
};

/// Trains and leaves in the run folder: recipe.json; results.csv (one row an epoch), log.jsonl and events.out.tfevents.*
/// (training_log.hpp); weights/best.fovea and weights/last.fovea; of plots/ learning_curves and updates (.png, .svg), batch.png (augmented
/// training images with their labels), confusion_matrix.png (validation, best weights); validation.json; and state/, from which the run can
/// be resumed wherever it was stopped or killed: it ends with the same bits. Never reads the test split. Throws Error naming what is wrong
/// with the recipe, the data, or the run folder: when it holds an earlier run, or, to resume, none, or one with another recipe or data.
TrainClassifierResult train_classifier(const ClassifierRecipe& recipe, const TrainEnvironment& environment);

}  // namespace fovea
