// What trainings of all tasks do with their run folder: begin it or go on with it, and fill it epoch by epoch.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "fovea/pipelines/classifier_recipe.hpp"
#include "fovea/pipelines/sanity_check.hpp"
#include "fovea/pipelines/train_environment.hpp"
#include "fovea/training/training_log.hpp"
#include "fovea/vision/preprocessing.hpp"
#include "run_state.hpp"

namespace fovea {

/// A run folder and its state. First find_begun(), then, when data and network are known to fit, begin().
class TrainingRun {
 public:
  /// From the JSON of a recipe.json to that of the recipe: what a version before this one did not know has its default.
  using CompleteRecipe = std::function<Json(const Json& recipe, const std::string& where)>;

  /// The environment outlives the run.
  explicit TrainingRun(const TrainEnvironment& environment) : environment_(environment) {}

  /// `recipe` is resolved, `data` as data_facts() has it. To resume, looks for a state to go on from and gives its preprocessing; nothing
  /// when the run begins at its beginning. What is fitted at once keeps no state. Throws FileError when there is nothing to resume or the
  /// state is damaged, OptionError when recipe or data are others than those of the run.
  std::optional<Preprocessing> find_begun(Json recipe, Json data, const CompleteRecipe& complete, bool keeps_state = true);
  /// Makes the folder of a new run, with its recipe.json. Throws FileError when it holds an earlier one.
  void begin(const Preprocessing& preprocessing);

  const TrainEnvironment& environment() const { return environment_; }
  const std::filesystem::path& out() const { return environment_.out; }
  std::filesystem::path weights(const std::string& name) const { return out() / "weights" / name; }
  void log(const std::string& line) const {
    if (environment_.log) environment_.log(line);
  }
  bool goes_on() const { return goes_on_; }  ///< from a state

  /// Puts the training where the run was interrupted, if it was.
  void restore(Trainer& trainer, const ClassifierRecipe& recipe, std::int64_t batches);
  /// Of states within the run's epochs.
  SavingOptions saving();

 private:
  std::string save_replay(const TrainingState& replay) const;

  const TrainEnvironment& environment_;
  RunFacts facts_;
  bool keeps_state_ = true;
  std::optional<RunState> state_;
  bool goes_on_ = false;
};

/// What a task brings to the epochs of its run.
struct RunParts {
  const ClassifierRecipe& recipe;  ///< resolved: what all tasks' recipes have
  TrainingTask& task;
  Json facts;      ///< that model files keep of the training, beside epochs and numbers
  Json log_facts;  ///< that log.jsonl begins with, beside what all tasks have
  /// Writes a model file of the network's present weights; `training` is JSON text.
  std::function<void(const std::filesystem::path& file, const std::string& training)> save;
  std::function<Metrics()> dead_channels = {};  ///< TrainingLogOptions::dead_channels; may be null
  /// Checks before the first batch that take no more than a few of them; leaves plots/batch.png.
  std::function<std::vector<SanityCheck>()> first_checks;
  std::function<SanityCheck(double loss)> check_first_loss;
};

/// Trains in epochs of steps, from where the run was interrupted on. Leaves results.csv, logs, plots of the training, the weights of the
/// best epoch and of the last one, averages where the recipe's metric is one of theirs, and states.
TrainingSummary run_epochs(TrainingRun& run, const RunParts& parts);

}  // namespace fovea
