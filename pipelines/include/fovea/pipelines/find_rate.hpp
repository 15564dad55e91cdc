// The learning-rate range test of a recipe.
#pragma once

#include <filesystem>

#include "fovea/base/json.hpp"
#include "fovea/pipelines/train_classifier.hpp"
#include "fovea/training/rate_finder.hpp"

namespace fovea {

/// Runs find_learning_rate() on what `recipe` would train, as it would train it but for the schedule. `environment.out`, when not empty,
/// gets find_lr.png, find_lr.svg and find_lr.json.
RateFinderResult find_rate(const ClassifierRecipe& recipe, const RateFinderOptions& options, const TrainEnvironment& environment);

/// {"suggestion", "steepest", "least", "broke", "points": [[rate, loss, smoothed]]}
Json to_json(const RateFinderResult& result);

}  // namespace fovea
