// What a person sees of a training.
#pragma once

#include <cstdint>
#include <cstdio>
#include <string>

#include "fovea/training/trainer.hpp"

namespace fovea {

enum class ProgressStyle : std::uint8_t { automatic, bar, lines };

/// One line per epoch; on a terminal also a bar with the step, the loss and the time left, at most ten times a second.
class ProgressHook final : public TrainerHook {
 public:
  /// `automatic` draws the bar only when `stream` is a terminal.
  explicit ProgressHook(std::FILE* stream = stderr, ProgressStyle style = ProgressStyle::automatic);
  void on_step(const StepReport& report) override;
  void on_epoch(const EpochReport& report) override;

 private:
  std::FILE* stream_;
  bool bar_;
  double last_drawn_ = -1;
  double smoothed_loss_ = 0;
};

/// Of the whole training, if the rest takes as long per step as what is done.
double seconds_left(const StepReport& report);

/// "1:05:09", "4:20": hours only when there are any.
std::string format_duration(double seconds);

}  // namespace fovea
