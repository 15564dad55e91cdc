// The flags that make or change a recipe: of train, find-lr and search.
#pragma once

#include <CLI/App.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "fovea/pipelines/classifier_recipe.hpp"
#include "shared_options.hpp"

namespace fovea::cli {

/// Flags override the recipe of --config, which overrides the defaults.
template <class T>
struct Override {
  std::optional<T> value;
  void apply(T& target) const {
    if (value) target = *value;
  }
};

struct RecipeFlags {
  std::string config;
  Override<std::string> task, data, names, model, model_options, image_size, resize, optimizer, schedule, schedule_options, weights, metric;
  Override<std::vector<std::string>> augment, allow, freeze;
  Override<std::int64_t> epochs, batch, channels, patience, log_every;
  Override<bool> nesterov, snapshots, cache_features, reduced_decoding;
  Override<double> learning_rate, momentum, weight_decay, warmup_epochs, step_epochs, step_factor, label_smoothing, ema_decay;

  void add_to(CLI::App& command);
  /// With the precision and the seed of `shared`. Throws OptionError and FileError.
  ClassifierRecipe recipe(const SharedOptions& shared) const;
  /// Puts what the flags say, all but the file, into a recipe.
  void apply_to(ClassifierRecipe& recipe, const SharedOptions& shared) const;
  /// The task that --task says, else the file, else "classify".
  std::string task_of_recipe() const;
};

}  // namespace fovea::cli
