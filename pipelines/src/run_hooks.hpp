// Hooks of a run folder's training.
#pragma once

#include <cstdint>
#include <functional>

#include "fovea/training/trainer.hpp"

namespace fovea {

/// Looks at the loss before the first update, which costs nothing.
class FirstLossHook final : public TrainerHook {
 public:
  using Look = std::function<void(double loss)>;
  explicit FirstLossHook(Look look) : look_(std::move(look)) {}
  void on_step(const StepReport& report) override {
    if (report.epoch == 0 && report.step == 0) look_(report.loss);
  }

 private:
  Look look_;
};

/// Keeps the weights that a cycle of a schedule with restarts ends with, after the last epoch that ends before the restart.
class SnapshotHook final : public TrainerHook {
 public:
  using Save = std::function<void(std::int64_t number, const EpochReport& report)>;
  SnapshotHook(const Schedule& schedule, std::int64_t updates_per_epoch, Save save)
      : schedule_(schedule), updates_(updates_per_epoch), save_(std::move(save)) {}

  void on_epoch(const EpochReport& report) override {
    if (ends_a_cycle(report)) save_(cycles_before(report.epoch) + 1, report);
  }

 private:
  /// Whether the rate jumps up between the last update of the epoch and that of the next one.
  bool restarts_after(std::int64_t epoch) const {
    const std::int64_t last = (epoch + 1) * updates_ - 1;
    for (std::int64_t step = last; step < last + updates_; ++step)
      if (schedule_.rate(step + 1) > 2 * schedule_.rate(step)) return true;
    return false;
  }
  bool ends_a_cycle(const EpochReport& report) const { return report.epoch + 1 == report.epochs || restarts_after(report.epoch); }
  std::int64_t cycles_before(std::int64_t epoch) const {
    std::int64_t cycles = 0;
    for (std::int64_t earlier = 0; earlier < epoch; ++earlier) cycles += restarts_after(earlier) ? 1 : 0;
    return cycles;
  }

  Schedule schedule_;
  std::int64_t updates_;
  Save save_;
};

}  // namespace fovea
