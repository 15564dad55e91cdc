// From a recipe to everything that a training needs, in memory.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "fovea/classification/classification_task.hpp"
#include "fovea/data/data_source.hpp"
#include "fovea/pipelines/classification_pipeline.hpp"
#include "fovea/pipelines/classifier_recipe.hpp"
#include "fovea/pipelines/train_classifier.hpp"

namespace fovea {

struct TrainingSetup {
  ClassifierRecipe recipe;  ///< with everything decided that the data or the network decide
  ClassificationData data;
  ClassificationPipeline pipeline;  ///< with its first weights; parameters that the recipe freezes want no gradients
  ClassificationTaskOptions options;
  bool loaded_weights = false;          ///< those that the recipe begins with
  std::vector<std::string> begun_anew;  ///< names that they did not fill
  std::function<void(const std::string&)> log;

  const ClassificationDataset& train() const { return *data.train; }
  const ClassificationDataset& validation() const { return *data.val; }
  /// What the recipe trains; with cached features they are computed now. Throws Stopped when that was to end.
  std::unique_ptr<TrainingTask> task();
};

/// Throws OptionError on what is wrong with a recipe before there is any data.
void check_recipe(const ClassifierRecipe& recipe);

/// The preprocessing of a run that is gone on with, whose state has all weights; nothing for one that begins.
using FindBegun = std::function<std::optional<Preprocessing>(const ClassifierRecipe& recipe, const ClassificationData& data)>;

/// Throws Error naming what is wrong with the recipe or the data.
TrainingSetup set_up_training(const ClassifierRecipe& wanted, const TrainEnvironment& environment, const FindBegun& find_begun = {});

}  // namespace fovea
