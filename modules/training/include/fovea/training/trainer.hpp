// The training loop, the same for every task.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "fovea/base/stop_token.hpp"
#include "fovea/training/anomaly.hpp"
#include "fovea/training/optimizer.hpp"
#include "fovea/training/schedule.hpp"
#include "fovea/training/stream_positions.hpp"
#include "fovea/training/training_state.hpp"

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
  /// Starts the pass over the training data with this number, from 0, at batch `first_batch` of it: what comes from there on is the same
  /// whether or not the batches before it were made.
  virtual void begin_epoch(std::int64_t epoch, std::int64_t first_batch) = 0;
  /// The loss of the next batch; called steps_per_epoch() - first_batch times after begin_epoch().
  virtual Step next_step() = 0;
  /// Numbers on the validation data; called in evaluation mode, without recording. May throw Stopped when it was asked to stop.
  virtual Metrics validate() = 0;

  // For finding what is wrong with a batch; a task that leaves them out is stopped without being told.
  /// The loss of the last batch once more, without loading it again; undefined when the task keeps no batches.
  virtual Step repeat_step() { return {}; }
  /// What the samples of the last batch are called, in order: files.
  virtual std::vector<std::string> sample_names() const { return {}; }
  /// The last batch.
  virtual void visit_batch(const StateArchive&) {}

  /// What the task itself remembers from batch to batch; parameters, buffers and random streams of model() are no part of it.
  virtual void visit_state(const StateArchive&) {}
  /// The names that validate() reports, where they are known before: a wrong one is then refused before the first epoch.
  virtual std::vector<std::string> metric_names() const { return {}; }
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

/// For hooks that remember epochs.
void visit_state(EpochReport& report, StateArchive archive);

/// Watches a training. All functions are optional.
class TrainerHook {
 public:
  virtual ~TrainerHook() = default;
  virtual void on_gradients() {}  ///< before every update: the gradients are complete
  virtual void on_update() {}     ///< after every update
  virtual void on_step(const StepReport&) {}
  virtual void on_validation_begin() {}
  virtual void on_validation_end() {}  ///< after all hooks have had on_epoch(), or instead when the validation was stopped
  virtual void on_epoch(const EpochReport&) {}
  /// What the hook must remember when the training goes on in another process, in a part of its own: archive.part("csv_log").
  virtual void visit_state(const StateArchive&) {}
};

/// The parts of what SavingOptions::save_replay gets.
inline constexpr const char *kReplayModel = "model", *kReplayBatch = "batch", *kReplaySamples = "samples";

/// When a training leaves its state behind.
struct SavingOptions {
  /// Called before the first batch, after every epoch, when the training is stopped, and in between as below. The tensors of the state
  /// share the training's memory: good until the function returns.
  std::function<void(const TrainingState& state)> save = {};
  double seconds = 600;      ///< within an epoch: once this long has passed since the last time; 0: not by time
  std::int64_t batches = 0;  ///< within an epoch: after so many batches; 0: not by their number
  /// Gets the model as it was, the batch that gave a number that is not finite, and the names of its samples; says how to look again.
  std::function<std::string(const TrainingState& replay)> save_replay = {};
};

struct TrainerOptions {
  std::int64_t epochs = 1;
  /// The validation metric that decides which epoch is best; the earliest wins ties.
  std::string selection_metric;
  bool larger_is_better = true;
  /// Ends the training when so many epochs in a row were not the best; 0: never.
  std::int64_t patience = 0;
  /// Batches whose gradients make one update; the last update of an epoch may have fewer. Their losses are weighted by their samples, so
  /// that the result is that of one large batch, but for rounding and for what a network computes over a batch (batch norm).
  std::int64_t accumulate = 1;
  /// Lowers the schedule's rates, by the same factors as its own, when the metric no longer gets better.
  std::optional<PlateauOptions> plateau = {};
  std::string plateau_metric = {};  ///< empty: the selection metric
  SavingOptions saving = {};
  StopToken stop = {};  ///< ends the training after the batch that is running
  /// Checks what every operation gives, forward and backward, as it runs. Otherwise losses and gradients are checked, and operations only
  /// when these are not finite.
  bool detect_anomaly = false;
};

struct TrainingSummary {
  std::int64_t best_epoch = -1;
  double best_value = 0;
  double seconds = 0;
  bool stopped = false;     ///< before the last epoch was done, because options.stop asked for it
  std::int64_t epochs = 0;  ///< that were trained: fewer than planned after an early stop
};

/// Runs epochs of steps: loss, backward, update; then validation. Deterministic: equal task, options and instruction set give equal
/// weights for any number of threads, and however often the training was stopped between two batches and went on elsewhere from its state.
class Trainer {
 public:
  /// Throws OptionError when there is no epoch to train, or the task is known not to report a metric that the options name.
  Trainer(TrainingTask& task, Optimizer& optimizer, Schedule schedule, TrainerOptions options);
  void add_hook(std::shared_ptr<TrainerHook> hook) { hooks_.push_back(std::move(hook)); }
  /// Trains what is left to train, and gives the summary of the whole. Throws Error when a loss or gradient is not finite, before the
  /// weights are changed, naming epoch and step, the operation and layer that it comes from, and the samples of the batch.
  TrainingSummary run();
  /// Updates in an epoch: what schedules count.
  std::int64_t updates_per_epoch() const;

  /// Everything that decides how the training goes on: model, optimiser, task, hooks, and where in which epoch it is. Load it after all
  /// hooks have been added, into a trainer of equal options.
  void visit_state(StateArchive archive);
  std::int64_t epochs_done() const { return position_.epoch; }
  std::int64_t batches_done() const { return position_.batch; }  ///< of the epoch after these
  const TrainingSummary& summary() const { return summary_; }    ///< so far

 private:
  using Clock = std::chrono::steady_clock;
  /// Where the training is, and what it has summed up there.
  struct Position {
    std::int64_t epoch = 0, batch = 0;         // done: epochs, and batches of the next one
    double loss_sum = 0;                       // over the samples of the epoch so far
    std::int64_t samples = 0;                  //
    double update_loss_sum = 0;                // over the samples of the update that is not yet complete
    std::int64_t update_samples = 0;           //
    double update_loss = 0;                    // the mean over them
    double learning_rate = 0;                  // of the last update
    double seconds = 0, training_seconds = 0;  // of the epoch; what of it was training
  };

  bool train_epoch();
  void train_batch();
  void accumulate_batch(const StreamPositions& before);
  void update();
  std::optional<Metrics> validate();
  bool finish_epoch();
  std::int64_t batches_of_update() const;
  bool is_better(double value) const;
  [[noreturn]] void stop_at_anomaly(const std::string& symptom, std::optional<Anomaly> found, const StreamPositions& before);
  bool is_out_of_patience() const;
  double epoch_seconds();
  void visit_gradients(StateArchive archive);
  void check_position() const;
  void save();
  void save_if_due();

  TrainingTask& task_;
  Optimizer& optimizer_;
  Schedule schedule_;
  TrainerOptions options_;
  std::optional<ReduceOnPlateau> plateau_;  // of a rate of 1: what the schedule's rates are multiplied by
  std::vector<std::shared_ptr<TrainerHook>> hooks_;
  TrainingSummary summary_;
  Position position_;
  Clock::time_point lap_, saved_at_;
  std::int64_t batches_since_save_ = 0;
};

}  // namespace fovea
