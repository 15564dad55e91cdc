// From a recipe to a trained classifier in a run folder.
#pragma once

#include "fovea/pipelines/classifier_recipe.hpp"
#include "fovea/pipelines/train_environment.hpp"

namespace fovea {

/// Trains and leaves in the run folder: recipe.json; results.csv (one row an epoch), log.jsonl and events.out.tfevents.*
/// (training_log.hpp); weights/best.fovea and weights/last.fovea; of plots/ learning_curves and updates (.png, .svg), batch.png (augmented
/// training images with their labels), confusion_matrix.png (validation, best weights); validation.json; and state/, from which the run can
/// be resumed wherever it was stopped or killed: it ends with the same bits. Never reads the test split. Throws Error naming what is wrong
/// with the recipe, the data, or the run folder: when it holds an earlier run, or, to resume, none, or one with another recipe or data.
TrainResult train_classifier(const ClassifierRecipe& recipe, const TrainEnvironment& environment);

}  // namespace fovea
