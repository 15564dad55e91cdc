// Pictures of training runs.
#pragma once

#include <filesystem>
#include <span>
#include <vector>

#include "fovea/evaluation/classification_metrics.hpp"
#include "fovea/pipelines/run_history.hpp"
#include "fovea/training/trainer.hpp"
#include "fovea/vision/chart.hpp"

namespace fovea {

/// Redraws plots/learning_curves.png and .svg in the run folder after every epoch, from its results.csv: add it after the hook that writes
/// that.
class LearningCurvesHook final : public TrainerHook {
 public:
  explicit LearningCurvesHook(std::filesystem::path run) : run_(std::move(run)) {}
  void on_epoch(const EpochReport& report) override;

 private:
  std::filesystem::path run_;
};

/// Losses, shares of right answers (of detectors, average precisions), and the learning rate, epoch by epoch. Of several runs: their mean,
/// and their deviation (that of a sample, n - 1) as a band; as many epochs as all have. Throws OptionError when there are no runs, or they
/// have no epoch in common, or other columns.
std::vector<Chart> learning_curves(std::span<const ResultsTable> runs);

/// Update by update: loss and gradient norm, learning rate, sizes of updates relative to the weights, of at most eight parameters spread
/// over the network.
std::vector<Chart> step_curves(const RunHistory& run);

/// Writes charts to a file: .svg, or a picture's extension. Throws FileError.
void save_charts(const std::filesystem::path& file, std::span<const Chart> charts);

/// step_curves() of a run folder as plots/updates.png and .svg in it; nothing when no step was logged.
void save_step_curves(const std::filesystem::path& run);

/// confusion_matrix.png in `folder`.
void save_confusion_matrix(const std::filesystem::path& folder, const ClassificationMetrics& metrics);

}  // namespace fovea
