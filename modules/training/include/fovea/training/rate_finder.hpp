// Which learning rates a network can learn with, found in a few minutes.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <vector>

#include "fovea/training/trainer.hpp"

namespace fovea {

struct RateFinderOptions {
  double lowest = 1e-6, highest = 10;  ///< learning rates of the first and of the last update
  std::int64_t updates = 100;
  double smoothing = 0.9;  ///< of the losses: s = smoothing s + (1 - smoothing) loss, divided by 1 - smoothing^t
  double give_up = 4;      ///< ends when the smoothed loss is so many times its least value
};

struct RateFinderPoint {
  double rate, loss, smoothed;
};

struct RateFinderResult {
  std::vector<RateFinderPoint> points;  ///< one an update
  double steepest = 0;                  ///< where the smoothed loss falls fastest, by equal ratios of rates
  double least = 0;                     ///< where it is least: the training is about to break
  bool broke = false;                   ///< it rose beyond bounds before the highest rate: the range is wide enough

  /// A peak rate to begin with: the steepest, but at most a tenth of that of the least loss.
  double suggestion() const { return std::min(steepest, least / 10); }
};

/// The learning-rate range test (Smith 2017, "Cyclical learning rates", section 3.3), with rates that grow by equal ratios. Trains the
/// task's model on its batches, epoch after epoch: its weights are of no use afterwards. `progress`, when given, sees every point. Throws
/// OptionError on options out of range.
RateFinderResult find_learning_rate(TrainingTask& task, Optimizer& optimizer, const RateFinderOptions& options,
                                    const std::function<void(const RateFinderPoint&)>& progress = {});

}  // namespace fovea
