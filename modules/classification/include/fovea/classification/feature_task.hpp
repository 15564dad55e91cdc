// Training the top of a classifier on what the frozen rest computes.
#pragma once

#include "fovea/classification/cached_features.hpp"
#include "fovea/classification/classification_task.hpp"

namespace fovea {

/// As a ClassificationTask without augmentation whose network below its top is frozen and in evaluation mode: the same losses, numbers and
/// weights, to the bit, without running the frozen part in every epoch. All features are in memory at once.
class FeatureTask final : public BatchedTask<ImageBatch> {
 public:
  /// Runs the network on all images, in evaluation mode, and leaves it in the mode that it was in. The network outlives the task, the data
  /// sets need not. Throws as cache_features(), and OptionError when the batch is less than 1.
  FeatureTask(Layer& network, const ClassificationDataset& train, const ClassificationDataset& validation,
              const ClassificationTaskOptions& options);

  const NetworkTop& top() const { return top_; }
  const CachedFeatures& train() const { return train_; }
  const CachedFeatures& validation() const { return validation_; }

  Module& model() override { return network_; }
  Metrics validate() override;
  std::vector<std::string> metric_names() const override { return validation_metric_names(); }

 private:
  Pass make_pass(std::int64_t epoch, std::int64_t first_batch) override;
  Variable loss(const ImageBatch& batch) override { return classification_loss(*top_.layer, batch, options_); }
  std::string sample_name(std::int64_t index) const override { return train_.ids[static_cast<std::size_t>(index)]; }

  Layer& network_;
  NetworkTop top_;
  ClassificationTaskOptions options_;
  CachedFeatures train_, validation_;
};

}  // namespace fovea
