// From a recipe to everything that a training needs, in memory.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "fovea/classification/classification_task.hpp"
#include "fovea/data/data_source.hpp"
#include "fovea/pipelines/classification_pipeline.hpp"
#include "fovea/pipelines/classifier_recipe.hpp"

namespace fovea {

struct TrainingSetup {
  ClassifierRecipe recipe;  ///< with everything decided that the data or the network decide
  ClassificationData data;
  ClassificationPipeline pipeline;  ///< with its first weights; parameters that the recipe freezes want no gradients
  ClassificationTaskOptions options;
  std::vector<std::string> begun_anew;  ///< names that the recipe's weights did not fill

  const ClassificationDataset& train() const { return *data.train; }
  const ClassificationDataset& validation() const { return *data.val; }
  ClassificationTask task() { return {pipeline.network(), train(), validation(), options}; }
};

/// Throws OptionError on what is wrong with a recipe before there is any data.
void check_recipe(const ClassifierRecipe& recipe);

/// `log` gets facts worth knowing. Throws Error naming what is wrong with the recipe or the data.
TrainingSetup set_up_training(const ClassifierRecipe& wanted, int workers, const std::function<void(const std::string& line)>& log);

}  // namespace fovea
