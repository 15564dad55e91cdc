#include "fovea/classification/classification_task.hpp"

#include "fovea/autograd/ops/soft_cross_entropy.hpp"
#include "fovea/classification/classification.hpp"
#include "fovea/classification/evaluate_classifier.hpp"

namespace fovea {

Variable classification_loss(Layer& network, const ImageBatch& batch, const ClassificationTaskOptions& options) {
  const Variable logits = logits_of(network, batch.images, options.precision);
  if (batch.distributions.defined()) return soft_cross_entropy(logits, batch.distributions, {.label_smoothing = options.label_smoothing});
  return cross_entropy(logits, batch.labels, {.label_smoothing = options.label_smoothing});
}

Metrics validation_metrics(const ClassificationMetrics& metrics) {
  return {{"val_loss", metrics.mean_nll}, {"val_top1", metrics.top1}, {"val_top5", metrics.top5}};
}

std::vector<std::string> validation_metric_names() { return {"val_loss", "val_top1", "val_top5"}; }

ClassificationTask::ClassificationTask(Layer& network, const ClassificationDataset& train, const ClassificationDataset& validation,
                                       const ClassificationTaskOptions& options)
    : BatchedTask({.train = train.size(), .validation = validation.size(), .batch = options.batches.batch}),
      network_(network),
      train_(train),
      validation_(validation),
      options_(options) {}

ClassificationTask::Pass ClassificationTask::make_pass(std::int64_t epoch, std::int64_t first_batch) {
  const std::shared_ptr<BatchLoader<ImageBatch>> loader =
      load_batches(train_, epoch_order(train_.size(), options_.batches.seed, epoch), epoch, options_.batches, first_batch);
  return [loader] { return loader->next(); };
}

Metrics ClassificationTask::validate() {
  return validation_metrics(evaluate_classifier(network_, validation_, options_.batches, options_.precision, options_.stop));
}

}  // namespace fovea
