// One recipe trained several times: what a number is worth shows in its spread.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "fovea/base/json.hpp"
#include "fovea/pipelines/training_recipe.hpp"

namespace fovea {

struct NamedRecipe {
  std::string name;  ///< of its run folder: "seed-3", "fold-2"
  TrainingRecipe recipe;
};

/// The recipe with each of the seeds, on the same split of the data: that of the recipe's own seed.
std::vector<NamedRecipe> with_seeds(const TrainingRecipe& recipe, const std::vector<std::uint64_t>& seeds);
/// The recipe with each of `folds` parts of the training and validation images held out for validation: of classifiers. Throws OptionError
/// below 2 folds.
std::vector<NamedRecipe> with_folds(const TrainingRecipe& recipe, std::int64_t folds);

/// Trains all of them, each in a folder of its name in `environment.out`; those that are finished are not trained again, and one that was
/// stopped goes on. Leaves summary.json and plots/learning_curves.png and .svg, the mean with the deviation as a band. Gives the summary:
///     {"metric", "count", "runs": [{"name", "value", "top1", "top5", "mean_nll", "ece"}], "mean": {...}, "deviation": {...}}
/// Of detectors the numbers are "AP", "AP50" and "AP75". `value` is the metric of the best epoch; the others are of its weights on the
/// validation images. The deviation is that of a sample (n - 1); null for a single run. Throws what train() throws, Stopped, and
/// OptionError when a folder holds a training of another recipe.
Json train_repeatedly(const std::vector<NamedRecipe>& recipes, const TrainEnvironment& environment);

}  // namespace fovea
