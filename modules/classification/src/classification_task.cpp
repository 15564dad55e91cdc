#include "fovea/classification/classification_task.hpp"

#include <fmt/format.h>

#include "fovea/autograd/ops/soft_cross_entropy.hpp"
#include "fovea/base/error.hpp"
#include "fovea/classification/classification.hpp"
#include "fovea/classification/evaluate_classifier.hpp"

namespace fovea {

Variable classification_loss(Layer& network, const ImageBatch& batch, const ClassificationTaskOptions& options) {
  const Variable logits = logits_of(network, batch.images, options.precision);
  if (batch.distributions.defined()) return soft_cross_entropy(logits, batch.distributions, {.label_smoothing = options.label_smoothing});
  return cross_entropy(logits, batch.labels, {.label_smoothing = options.label_smoothing});
}

void require_trainable(std::int64_t train_images, std::int64_t validation_images, const ClassificationTaskOptions& options) {
  if (train_images == 0) throw OptionError("the training split holds no images");
  if (validation_images == 0) throw OptionError("the validation split holds no images");
  if (options.batches.batch < 1) throw OptionError(fmt::format("a batch holds at least 1 image, found {}", options.batches.batch));
}

Metrics validation_metrics(const ClassificationMetrics& metrics) {
  return {{"val_loss", metrics.mean_nll}, {"val_top1", metrics.top1}, {"val_top5", metrics.top5}};
}

std::vector<std::string> validation_metric_names() { return {"val_loss", "val_top1", "val_top5"}; }

ClassificationTask::ClassificationTask(Layer& network, const ClassificationDataset& train, const ClassificationDataset& validation,
                                       const ClassificationTaskOptions& options)
    : network_(network), train_(train), validation_(validation), options_(options) {
  require_trainable(train.size(), validation.size(), options);
}

ClassificationTask::~ClassificationTask() = default;

std::int64_t ClassificationTask::steps_per_epoch() const { return (train_.size() + options_.batches.batch - 1) / options_.batches.batch; }

void ClassificationTask::begin_epoch(std::int64_t epoch, std::int64_t first_batch) {
  loader_.reset();  // one pass at a time: two would hold twice the memory
  loader_ = load_batches(train_, epoch_order(train_.size(), options_.batches.seed, epoch), epoch, options_.batches, first_batch);
}

TrainingTask::Step ClassificationTask::next_step() {
  batch_ = {};  // its memory serves the next one
  batch_ = loader_->next();
  return repeat_step();
}

TrainingTask::Step ClassificationTask::repeat_step() {
  return {.loss = classification_loss(network_, batch_, options_), .samples = batch_.images.extent(0)};
}

std::vector<std::string> ClassificationTask::sample_names() const {
  std::vector<std::string> names;
  for (const std::int64_t index : batch_.indices) names.push_back(train_.id(index));
  return names;
}

Metrics ClassificationTask::validate() {
  return validation_metrics(evaluate_classifier(network_, validation_, options_.batches, options_.precision, options_.stop));
}

}  // namespace fovea
