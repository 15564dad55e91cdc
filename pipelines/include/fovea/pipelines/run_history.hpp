// What a run folder tells of its training.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "fovea/base/json.hpp"

namespace fovea {

/// A table with names: results.csv. Cells that are no numbers are NaN.
struct ResultsTable {
  std::vector<std::string> columns;
  std::vector<std::vector<double>> rows;  ///< one an epoch

  bool has(const std::string& column) const;
  /// One number an epoch. Throws OptionError naming the nearest column when there is none of that name.
  std::vector<double> column(const std::string& name) const;
};

/// One parameter's entry in a "step" line.
struct LoggedWeight {
  std::string name;
  double gradient_norm, weight_norm, update_ratio;
};

/// A "step" line of log.jsonl; what the line lacks is NaN.
struct LoggedStep {
  std::int64_t update = 0, epoch = 0;  ///< from 1
  double loss, learning_rate, gradient_norm, images_per_second;
  std::vector<LoggedWeight> weights;
};

/// Everything that was logged of a training, or of what there is of it so far.
struct RunHistory {
  std::string name;  ///< of the folder
  ResultsTable results;
  std::vector<LoggedStep> steps;
  std::vector<std::pair<std::string, double>> dead_channels;                      ///< of the last epoch: layer, share
  std::int64_t classes = 0, train_images = 0, updates_per_epoch = 0, epochs = 0;  ///< as planned; 0 when not known
  double label_smoothing = 0;
  std::string stopped;  ///< why it ended early; empty when it did not say
};

/// results.csv alone. Throws FileError when it cannot be read, or a row has another number of cells than the head.
ResultsTable load_results(const std::filesystem::path& file);

/// results.csv and log.jsonl; one of them may be missing. A last line that is cut short is left out: the training may be writing it. Throws
/// FileError when `folder` holds neither, or one is damaged.
RunHistory load_run_history(const std::filesystem::path& folder);

}  // namespace fovea
