// Training a classifier.
#pragma once

#include <memory>

#include "fovea/autograd/ops/cross_entropy.hpp"
#include "fovea/classification/image_batch.hpp"
#include "fovea/evaluation/classification_metrics.hpp"
#include "fovea/training/batched_task.hpp"

namespace fovea {

struct ClassificationTaskOptions {
  ImageBatchOptions batches;
  double label_smoothing = 0;
  DType precision = DType::f32;  ///< of activations and their gradients: f32 or bf16; weights, sums and the loss are f32
  StopToken stop = {};           ///< ends a validation between two batches
};

/// The mean cross-entropy of `network` on a batch, of mixed labels against their shares.
Variable classification_loss(Layer& network, const ImageBatch& batch, const ClassificationTaskOptions& options);

/// What a validation of classifiers reports: val_loss (mean negative log-likelihood), val_top1 and val_top5.
Metrics validation_metrics(const ClassificationMetrics& metrics);
std::vector<std::string> validation_metric_names();

/// Cross-entropy of a network on labelled images.
class ClassificationTask final : public BatchedTask<ImageBatch> {
 public:
  /// The data sets and the network outlive the task. Throws OptionError when a split is empty or the batch is less than 1.
  ClassificationTask(Layer& network, const ClassificationDataset& train, const ClassificationDataset& validation,
                     const ClassificationTaskOptions& options);

  Module& model() override { return network_; }
  Metrics validate() override;
  std::vector<std::string> metric_names() const override { return validation_metric_names(); }

 private:
  Pass make_pass(std::int64_t epoch, std::int64_t first_batch) override;
  Variable loss(const ImageBatch& batch) override { return classification_loss(network_, batch, options_); }
  std::string sample_name(std::int64_t index) const override { return train_.id(index); }

  Layer& network_;
  const ClassificationDataset& train_;
  const ClassificationDataset& validation_;
  ClassificationTaskOptions options_;
};

}  // namespace fovea
