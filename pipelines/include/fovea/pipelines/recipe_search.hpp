// The settings of a recipe, searched.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "fovea/base/json.hpp"
#include "fovea/pipelines/train_classifier.hpp"

namespace fovea {

/// What one key of a recipe may be.
struct SearchRange {
  enum class Kind : std::uint8_t { log_uniform, uniform, integer, choice };
  std::string key;
  Kind kind = Kind::choice;
  double low = 0, high = 0;            ///< of all kinds but choice, both included
  std::vector<std::string> choices{};  ///< JSON texts
};

/// From {"learning_rate": {"log_uniform": [1e-4, 1]}, "weight_decay": {"uniform": [0, 0.01]}, "epochs": {"integer": [2, 8]},
/// "model": {"choice": ["lenet5", "resnet-mini"]}}. Throws OptionError on keys that recipes do not have, kinds that there are not, and
/// ranges that are empty or, of log_uniform, not positive.
std::vector<SearchRange> search_space_from(const Json& json, const std::string& where);

struct SearchOptions {
  std::int64_t trials = 12;  ///< of a random search, over all rounds
  std::int64_t rounds = 1;   ///< from the second on, every range is a third as wide as before (in its own scale), around the best value
  std::int64_t grid = 0;     ///< above 0: every combination of so many equally spaced values of each range and all choices
  double give_up = 3;        ///< a trial ends when its smoothed training loss is so many times its first
};

struct SearchTrial {
  std::int64_t number = 0, round = 0;  ///< from 1
  Json values = {};                    ///< of the searched keys
  std::string status;                  ///< "done", "aborted" (loss rose), "failed" (was not possible)
  std::string reason;                  ///< of the two latter
  std::optional<double> value;         ///< the recipe's metric in the best epoch
};

struct SearchResult {
  std::string metric;
  std::vector<SearchTrial> trials;
  std::optional<std::size_t> best;   ///< index in trials; nothing when none was done
  std::vector<std::string> at_edge;  ///< keys whose best value is within a twentieth of an end of its range: the range may be too narrow
};

/// Random or grid search (Bergstra and Bengio 2012) over recipes that differ from `recipe` by the values of `space`. Each trial is a
/// training in environment.out/trial-NNN; trials that are finished there are not trained again, so that a search that was stopped goes on.
/// The values of a trial depend on the recipe's seed, its number and, in later rounds, on the best before it. Leaves trials.csv,
/// search.json and best_recipe.json. Throws OptionError when the folder holds another search.
SearchResult search_recipes(const ClassifierRecipe& recipe, const std::vector<SearchRange>& space, const SearchOptions& options,
                            const TrainEnvironment& environment);

/// {"metric", "best": {"trial", "value", "values"}, "at_edge", "trials": [{"trial", "round", "status", "reason", "value", "values"}]}
Json to_json(const SearchResult& result);

}  // namespace fovea
