// Training the top of a classifier on what the frozen rest computes.
#pragma once

#include "fovea/classification/cached_features.hpp"
#include "fovea/classification/classification_task.hpp"

namespace fovea {

/// As a ClassificationTask without augmentation whose network below its top is frozen and in evaluation mode: the same losses, numbers and
/// weights, to the bit, without running the frozen part in every epoch. All features are in memory at once.
class FeatureTask final : public TrainingTask {
 public:
  /// Runs the network on all images, in evaluation mode, and leaves it in the mode that it was in. The network outlives the task, the data
  /// sets need not. Throws as cache_features(), and OptionError when the batch is less than 1.
  FeatureTask(Layer& network, const ClassificationDataset& train, const ClassificationDataset& validation,
              const ClassificationTaskOptions& options);

  const NetworkTop& top() const { return top_; }
  const CachedFeatures& train() const { return train_; }
  const CachedFeatures& validation() const { return validation_; }

  Module& model() override { return network_; }
  std::int64_t steps_per_epoch() const override;
  void begin_epoch(std::int64_t epoch, std::int64_t first_batch) override;
  Step next_step() override;
  Metrics validate() override;
  Step repeat_step() override;
  std::vector<std::string> sample_names() const override;
  void visit_batch(const StateArchive& archive) override { fovea::visit_state(batch_, archive); }
  std::vector<std::string> metric_names() const override { return validation_metric_names(); }

 private:
  Layer& network_;
  NetworkTop top_;
  ClassificationTaskOptions options_;
  CachedFeatures train_, validation_;
  std::vector<std::int64_t> order_;  ///< of the epoch
  std::int64_t next_batch_ = 0;
  ImageBatch batch_;  ///< the last one
};

}  // namespace fovea
