// Training a classifier.
#pragma once

#include <memory>

#include "fovea/autograd/ops/cross_entropy.hpp"
#include "fovea/classification/image_batch.hpp"
#include "fovea/evaluation/classification_metrics.hpp"
#include "fovea/training/trainer.hpp"

namespace fovea {

struct ClassificationTaskOptions {
  ImageBatchOptions batches;
  double label_smoothing = 0;
  DType precision = DType::f32;  ///< of activations and their gradients: f32 or bf16; weights, sums and the loss are f32
  StopToken stop = {};           ///< ends a validation between two batches
};

/// The mean cross-entropy of `network` on a batch, of mixed labels against their shares.
Variable classification_loss(Layer& network, const ImageBatch& batch, const ClassificationTaskOptions& options);

/// Throws OptionError when a split is empty or the batch is less than 1.
void require_trainable(std::int64_t train_images, std::int64_t validation_images, const ClassificationTaskOptions& options);

/// What a validation of classifiers reports: val_loss (mean negative log-likelihood), val_top1 and val_top5.
Metrics validation_metrics(const ClassificationMetrics& metrics);
std::vector<std::string> validation_metric_names();

/// Cross-entropy of a network on labelled images.
class ClassificationTask final : public TrainingTask {
 public:
  /// The data sets and the network outlive the task. Throws OptionError when a split is empty or the batch is less than 1.
  ClassificationTask(Layer& network, const ClassificationDataset& train, const ClassificationDataset& validation,
                     const ClassificationTaskOptions& options);
  ~ClassificationTask() override;

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
  const ClassificationDataset& train_;
  const ClassificationDataset& validation_;
  ClassificationTaskOptions options_;
  std::unique_ptr<BatchLoader<ImageBatch>> loader_;
  ImageBatch batch_;  ///< the last one
};

}  // namespace fovea
