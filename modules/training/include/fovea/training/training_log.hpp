// What a training was like, for people and programs: log.jsonl and an event file.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <vector>

#include "fovea/base/append_file.hpp"
#include "fovea/base/json.hpp"
#include "fovea/training/event_file.hpp"
#include "fovea/training/trainer.hpp"
#include "fovea/training/update_monitor.hpp"

namespace fovea {

struct TrainingLogOptions {
  std::int64_t every = 20;  ///< updates between "step" entries, the first update has one too; 0: epochs only
  /// Numbers by layer that are looked at after every epoch, the network being in evaluation mode: shares of dead channels.
  std::function<Metrics()> dead_channels = {};
};

/// Appends to FOLDER/log.jsonl one JSON object a line, and the same numbers to an event file in FOLDER:
///     {"event": "step", "update", "epoch", "loss", "learning_rate", "gradient_norm", "images_per_second", "seconds", "seconds_left",
///      "peak_mib", "weights": {NAME: {"gradient_norm", "weight_norm", "update_ratio"}}}
///     {"event": "epoch", "update", "epoch", "seconds", "images_per_second", "learning_rate", "train_loss", the validation metrics,
///      "best", "peak_mib", "dead_channels": {LAYER: share}}
/// Updates and epochs count from 1. Gradients are those that on_gradients() of this hook sees: add it before hooks that change them.
class TrainingLogHook final : public TrainerHook {
 public:
  /// `parameters` is what the optimiser updates. Throws OptionError when `every` is negative, FileError.
  TrainingLogHook(const std::filesystem::path& folder, std::vector<NamedParameter> parameters, TrainingLogOptions options = {});

  void on_gradients() override;
  void on_step(const StepReport& report) override;
  void on_epoch(const EpochReport& report) override;
  /// What was appended after the state was saved is cut off when it is loaded: the logs go on without gap or repetition.
  void visit_state(const StateArchive& archive) override;

  /// Appends an entry of the caller's.
  void add(const Json& entry);
  EventFile& events() { return events_; }

 private:
  bool is_sampled(std::int64_t update) const { return options_.every > 0 && (update == 1 || update % options_.every == 0); }
  double images_per_second(const StepReport& report);

  std::vector<NamedParameter> parameters_;
  TrainingLogOptions options_;
  AppendFile lines_;
  EventFile events_;
  UpdateMonitor monitor_;
  std::int64_t updates_ = 0;  // that are done
  double gradient_norm_ = 0;
  double interval_start_ = 0;  // seconds of the training; of the images counted below
  std::int64_t interval_images_ = 0;
};

}  // namespace fovea
