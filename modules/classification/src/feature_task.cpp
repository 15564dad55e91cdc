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
    : BatchedTask({.train = train.size(), .validation = validation.size(), .batch = options.batches.batch}),
      network_(network),
      top_(network_top(network)),
      options_(options),
      train_(features_for(network, top_, train, options)),
      validation_(features_for(network, top_, validation, options)) {}

FeatureTask::Pass FeatureTask::make_pass(std::int64_t epoch, std::int64_t first_batch) {
  return [this, order = epoch_order(train_.size(), options_.batches.seed, epoch), next = first_batch]() mutable {
    const auto begin = order.begin() + next++ * options_.batches.batch;
    const auto end = order.end() - begin > options_.batches.batch ? begin + options_.batches.batch : order.end();
    return train_.batch({begin, end});
  };
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
