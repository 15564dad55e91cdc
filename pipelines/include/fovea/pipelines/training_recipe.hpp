// A recipe of any task, and what can be done with it whatever the task is.
#pragma once

#include <string>
#include <variant>

#include "fovea/pipelines/classifier_recipe.hpp"
#include "fovea/pipelines/detector_recipe.hpp"
#include "fovea/pipelines/sanity_check.hpp"
#include "fovea/pipelines/train_environment.hpp"

namespace fovea {

using TrainingRecipe = std::variant<ClassifierRecipe, DetectorRecipe>;

/// What recipes of all tasks have.
ClassifierRecipe& common_part(TrainingRecipe& recipe);
const ClassifierRecipe& common_part(const TrainingRecipe& recipe);

Json to_json(const TrainingRecipe& recipe);
/// Of the task that the JSON names ("classify" if none). Strict, as the recipes' own functions.
TrainingRecipe training_recipe_from(const Json& json, const std::string& where);

/// train_classifier() or train_detector().
TrainResult train(const TrainingRecipe& recipe, const TrainEnvironment& environment);
/// check_training() of the task.
SanityReport check_training(const TrainingRecipe& recipe, const TrainEnvironment& environment);

}  // namespace fovea
