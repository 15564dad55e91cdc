#include "fovea/detection/detection_task.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "fovea/autograd/ops/cast.hpp"
#include "fovea/base/error.hpp"
#include "fovea/evaluation/coco_evaluation.hpp"
#include "fovea/evaluation/voc_evaluation.hpp"
#include "fovea/kernels/context.hpp"

namespace fovea {

Variable detection_loss(OneStageDetector& detector, const DetectionBatch& batch, DType precision) {
  return total_loss(detector.loss(cast(Variable(batch.images), precision), batch.targets));
}

DetectionTask::DetectionTask(OneStageDetector& detector, const AnnotatedDataset& train, const AnnotatedDataset& validation,
                             const DetectionTaskOptions& options)
    : BatchedTask({.train = train.size(), .validation = validation.size(), .batch = options.batches.batch}),
      detector_(detector),
      train_(train),
      validation_(validation),
      options_(options) {
  const DetectionBatchOptions& batches = options.batches;
  if (!(batches.mosaic >= 0 && batches.mosaic <= 1))
    throw OptionError(fmt::format("the probability of a mosaic is in [0, 1], found {}", batches.mosaic));
  if (batches.multi_scale.any()) input_sizes({batches.preprocessing.width, batches.preprocessing.height}, batches.multi_scale);
}

DetectionTask::Pass DetectionTask::make_pass(std::int64_t epoch, std::int64_t first_batch) {
  const std::shared_ptr<BatchLoader<DetectionBatch>> loader =
      load_detection_batches(train_, epoch_order(train_.size(), options_.batches.seed, epoch), epoch, options_.batches, first_batch);
  return [loader] { return loader->next(); };
}

std::string DetectionTask::sample_name(std::int64_t index) const { return train_.data().images[static_cast<std::size_t>(index)].file_name; }

std::vector<std::string> DetectionTask::metric_names() const {
  std::vector<std::string> names{"val_loss"};
  for (const std::string& term : detector_.head().loss_names()) names.push_back("val_" + term + "_loss");
  names.insert(names.end(), {"val_AP", "val_AP50", "val_AP50_voc12"});
  return names;
}

Metrics DetectionTask::validate() {
  const DetectorEvaluation found =
      run_detector(detector_, validation_, options_.batches, options_.post_processing, options_.precision, options_.stop);
  Metrics metrics{{"val_loss", 0}};
  for (const auto& [name, value] : found.losses) {
    metrics.front().second += value;
    metrics.emplace_back("val_" + name + "_loss", value);
  }
  const CocoSummary coco = summarize(evaluate_coco(validation_.data(), found.results, {}, kernels::Context::current().threads()));
  metrics.emplace_back("val_AP", std::max(0.0, coco.AP));
  metrics.emplace_back("val_AP50", std::max(0.0, coco.AP50));
  metrics.emplace_back("val_AP50_voc12", std::max(0.0, evaluate_voc(validation_.data(), found.results).mean_AP));
  return metrics;
}

}  // namespace fovea
