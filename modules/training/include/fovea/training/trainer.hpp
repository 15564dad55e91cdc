// The training loop, the same for every task.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "fovea/training/optimizer.hpp"
#include "fovea/training/schedule.hpp"

namespace fovea {

/// Numbers by name, in the order in which they are reported.
using Metrics = std::vector<std::pair<std::string, double>>;

/// What a task brings: a model, losses of batches, and numbers on held-out data.
class TrainingTask {
 public:
  struct Step {
    Variable loss;  ///< scalar, averaged over the batch
    std::int64_t samples = 0;
  };

  virtual ~TrainingTask() = default;
  virtual Module& model() = 0;
  virtual std::int64_t steps_per_epoch() const = 0;
  /// Starts the pass over the training data with this number, from 0.
  virtual void begin_epoch(std::int64_t epoch) = 0;
  /// The loss of the next batch; called steps_per_epoch() times after begin_epoch().
  virtual Step next_step() = 0;
  /// Numbers on the validation data; called in evaluation mode, without recording.
  virtual Metrics validate() = 0;
};

struct StepReport {
  std::int64_t epoch, epochs;  ///< from 0
  std::int64_t step, steps;    ///< updates of this epoch, from 0
  double loss, learning_rate;  ///< the loss is the mean over the samples of the update
  std::int64_t samples;
  double seconds;  ///< since the training began
};

struct EpochReport {
  std::int64_t epoch, epochs;
  double learning_rate;  ///< of the last step
  double train_loss;     ///< mean over the epoch's samples
  Metrics validation;
  double seconds;            ///< of this epoch, validation included
  double images_per_second;  ///< of its training part
  bool best;                 ///< the best value of the selection metric so far
};

/// Watches a training. All functions are optional.
class TrainerHook {
 public:
  virtual ~TrainerHook() = default;
  virtual void on_gradients() {}  ///< before every update: the gradients are complete
  virtual void on_update() {}     ///< after every update
  virtual void on_step(const StepReport&) {}
  virtual void on_validation_begin() {}
  virtual void on_validation_end() {}  ///< after all hooks have had on_epoch()
  virtual void on_epoch(const EpochReport&) {}
};

struct TrainerOptions {
  std::int64_t epochs = 1;
  /// The validation metric that decides which epoch is best; the earliest wins ties.
  std::string selection_metric;
  bool larger_is_better = true;
  /// Batches whose gradients make one update; the last update of an epoch may have fewer. Their losses are weighted by their samples, so
  /// that the result is that of one large batch, but for rounding and for what a network computes over a batch (batch norm).
  std::int64_t accumulate = 1;
  /// Lowers the schedule's rates, by the same factors as its own, when the metric no longer gets better.
  std::optional<PlateauOptions> plateau = {};
  std::string plateau_metric = {};  ///< empty: the selection metric
};

struct TrainingSummary {
  std::int64_t best_epoch = -1;
  double best_value = 0;
  double seconds = 0;
};

/// Runs epochs of steps: loss, backward, update; then validation. Deterministic: equal task, options and instruction set give equal
/// weights for any number of threads.
class Trainer {
 public:
  /// Throws OptionError when there is no epoch to train.
  Trainer(TrainingTask& task, Optimizer& optimizer, Schedule schedule, TrainerOptions options);
  void add_hook(std::shared_ptr<TrainerHook> hook) { hooks_.push_back(std::move(hook)); }
  /// Throws Error naming epoch and step when a loss is not finite.
  TrainingSummary run();
  /// Updates in an epoch: what schedules count.
  std::int64_t updates_per_epoch() const;

 private:
  struct Gradients {
    double loss = 0, mean = 0;  ///< sum and mean over samples
    std::int64_t samples = 0;
  };
  EpochReport train_epoch(std::int64_t epoch);
  Gradients compute_gradients(std::int64_t batches, const std::string& where);
  bool is_better(double value) const;

  TrainingTask& task_;
  Optimizer& optimizer_;
  Schedule schedule_;
  TrainerOptions options_;
  std::optional<ReduceOnPlateau> plateau_;  // of a rate of 1: what the schedule's rates are multiplied by
  std::vector<std::shared_ptr<TrainerHook>> hooks_;
  TrainingSummary summary_;
};

}  // namespace fovea
