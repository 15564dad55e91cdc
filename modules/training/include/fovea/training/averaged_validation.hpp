// Averaged weights, judged beside the present ones.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "fovea/training/trainer.hpp"
#include "fovea/training/weight_average.hpp"

namespace fovea {

/// A task that is another one but for its validation: that measures the present weights, and then their average under the same names with
/// "ema_" before them. Its hook takes every update into the average.
class AveragedValidation final : public TrainingTask {
 public:
  /// `task` outlives this.
  AveragedValidation(TrainingTask& task, std::vector<NamedParameter> parameters, const WeightAverageOptions& options = {})
      : task_(task), average_(std::move(parameters), options) {}

  Module& model() override { return task_.model(); }
  std::int64_t steps_per_epoch() const override { return task_.steps_per_epoch(); }
  void begin_epoch(std::int64_t epoch, std::int64_t first_batch) override { task_.begin_epoch(epoch, first_batch); }
  Step next_step() override { return task_.next_step(); }
  Step repeat_step() override { return task_.repeat_step(); }
  std::vector<std::string> sample_names() const override { return task_.sample_names(); }
  void visit_batch(const StateArchive& archive) override { task_.visit_batch(archive); }
  Metrics validate() override;
  std::vector<std::string> metric_names() const override;
  void visit_state(const StateArchive& archive) override;

  /// For the trainer; this outlives it.
  std::shared_ptr<TrainerHook> hook();
  WeightAverage& average() { return average_; }

 private:
  TrainingTask& task_;
  WeightAverage average_;
};

}  // namespace fovea
