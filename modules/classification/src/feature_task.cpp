#include "fovea/classification/feature_task.hpp"

#include <algorithm>

#include "fovea/classification/classification.hpp"
#include "fovea/classification/evaluate_classifier.hpp"

namespace fovea {

namespace {

/// For its lifetime a module is in evaluation mode.
class EvaluationMode {
 public:
  explicit EvaluationMode(Module& module) : module_(module), was_training_(module.is_training()) { module.eval(); }
  ~EvaluationMode() { module_.train(was_training_); }
  EvaluationMode(const EvaluationMode&) = delete;
  EvaluationMode& operator=(const EvaluationMode&) = delete;

 private:
  Module& module_;
  bool was_training_;
};

CachedFeatures features_for(Layer& network, const NetworkTop& top, const ClassificationDataset& dataset,
                            const ClassificationTaskOptions& options) {
  const EvaluationMode mode(network);
  return cache_features(network, top, dataset, options.batches, options.precision, options.stop);
}

}  // namespace

FeatureTask::FeatureTask(Layer& network, const ClassificationDataset& train, const ClassificationDataset& validation,
                         const ClassificationTaskOptions& options)
    : network_(network), top_(network_top(network)), options_(options) {
  require_trainable(train.size(), validation.size(), options);
  train_ = features_for(network, top_, train, options);
  validation_ = features_for(network, top_, validation, options);
}

std::int64_t FeatureTask::steps_per_epoch() const { return (train_.size() + options_.batches.batch - 1) / options_.batches.batch; }

void FeatureTask::begin_epoch(std::int64_t epoch, std::int64_t first_batch) {
  order_ = epoch_order(train_.size(), options_.batches.seed, epoch);
  next_batch_ = first_batch;
}

TrainingTask::Step FeatureTask::next_step() {
  const auto begin = order_.begin() + next_batch_++ * options_.batches.batch;
  const auto end = order_.end() - begin > options_.batches.batch ? begin + options_.batches.batch : order_.end();
  batch_ = train_.batch({begin, end});
  return repeat_step();
}

TrainingTask::Step FeatureTask::repeat_step() {
  return {.loss = classification_loss(*top_.layer, batch_, options_), .samples = batch_.images.extent(0)};
}

std::vector<std::string> FeatureTask::sample_names() const {
  std::vector<std::string> names;
  for (const std::int64_t index : batch_.indices) names.push_back(train_.ids[static_cast<std::size_t>(index)]);
  return names;
}

Metrics FeatureTask::validate() {
  ClassificationEvaluator evaluator(validation_.classes);
  for (std::int64_t begin = 0; begin < validation_.size(); begin += options_.batches.batch) {
    if (options_.stop.requested()) throw Stopped();
    const std::int64_t end = std::min(begin + options_.batches.batch, validation_.size());
    add_predictions(evaluator, classify_batch(*top_.layer, validation_.features.slice(begin, end), options_.precision),
                    validation_.labels.slice(begin, end));
  }
  return validation_metrics(evaluator.result());
}

}  // namespace fovea
