// Pictures of a training run.
#pragma once

#include <filesystem>
#include <vector>

#include "fovea/evaluation/classification_metrics.hpp"
#include "fovea/training/trainer.hpp"

namespace fovea {

/// Redraws learning_curves.png after every epoch: the losses above, the shares of right answers below.
class LearningCurvesHook final : public TrainerHook {
 public:
  explicit LearningCurvesHook(std::filesystem::path file) : file_(std::move(file)) {}
  void on_epoch(const EpochReport& report) override;
  void visit_state(const StateArchive& archive) override;

 private:
  std::filesystem::path file_;
  std::vector<EpochReport> epochs_;
};

/// confusion_matrix.png in `folder`.
void save_confusion_matrix(const std::filesystem::path& folder, const ClassificationMetrics& metrics);

}  // namespace fovea
