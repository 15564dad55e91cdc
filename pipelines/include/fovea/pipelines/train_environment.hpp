// What trainings of all tasks are given beside their recipe, and what they give.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "fovea/training/trainer.hpp"

namespace fovea {

struct TrainEnvironment {
  std::filesystem::path out;                         ///< the run folder
  int workers = 1;                                   ///< of the loader
  std::function<void(const std::string& line)> log;  ///< facts of the run, one line each; may be null
  std::vector<std::shared_ptr<TrainerHook>> hooks;   ///< beside the run folder's own
  bool resume = false;                               ///< goes on with the run in `out`; the recipe is its recipe.json's
  StopToken stop;                                    ///< ends the training after the batch that is running, its state saved
  double save_seconds = 600;                         ///< the state is saved after every epoch, and within one when this long has passed
  bool detect_anomaly = false;                       ///< checks every operation as it runs, not only losses and gradients
  std::int64_t save_batches = 0;                     ///< or after so many batches; 0 each: not by that
};

struct TrainResult {
  std::filesystem::path best;  ///< weights/best.fovea
  TrainingSummary summary;
  std::string metric;   ///< what the best epoch was chosen by
  std::string metrics;  ///< JSON text: the best weights on the validation split, with the keys of `fovea evaluate`; "" when stopped
};

}  // namespace fovea
