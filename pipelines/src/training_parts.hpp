// From the names and options of a recipe to optimiser, schedule, hooks and mixing.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "fovea/classification/batch_mixing.hpp"
#include "fovea/pipelines/classifier_recipe.hpp"
#include "fovea/training/trainer.hpp"

namespace fovea {

/// The learning rate that the recipe gives, or the usual one of its optimiser.
double learning_rate_of(const ClassifierRecipe& recipe);

/// With the recipe's groups, unless there are no parameters. Throws OptionError on unknown names, keys and values out of range.
std::unique_ptr<Optimizer> optimizer_for(const ClassifierRecipe& recipe, std::vector<NamedParameter> parameters);

struct ScheduleChoice {
  Schedule schedule;
  std::optional<PlateauOptions> plateau;
  std::string plateau_metric;
};
ScheduleChoice schedule_for(const ClassifierRecipe& recipe, std::int64_t updates_per_epoch);

/// Penalty, clipping and max-norm, as far as the recipe asks for them.
void add_step_hooks(Trainer& trainer, const Optimizer& optimizer, const ClassifierRecipe& recipe);

/// Whether the recipe's metric is one of averaged weights.
bool selects_averages(const ClassifierRecipe& recipe);

BatchMixingOptions mixing_for(const ClassifierRecipe& recipe);

/// Throws OptionError on what the functions above would refuse, before anything is trained. `metrics` are the names that the task reports;
/// with averages the same with "ema_" before them are known too.
void check_training_parts(const ClassifierRecipe& recipe, std::vector<std::string> metrics);

}  // namespace fovea
