#include "fovea/detection/detection_task.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "fovea/autograd/ops/cast.hpp"
#include "fovea/base/error.hpp"
#include "fovea/evaluation/coco_evaluation.hpp"
#include "fovea/evaluation/voc_evaluation.hpp"
#include "fovea/kernels/context.hpp"

namespace fovea {

DetectionTask::DetectionTask(OneStageDetector& detector, const AnnotatedDataset& train, const AnnotatedDataset& validation,
                             const DetectionTaskOptions& options)
    : detector_(detector), train_(train), validation_(validation), options_(options) {
  if (train.size() == 0) throw OptionError("the training split holds no images");
  if (validation.size() == 0) throw OptionError("the validation split holds no images");
  if (options.batches.batch < 1) throw OptionError(fmt::format("a batch holds at least 1 image, found {}", options.batches.batch));
  if (!(options.batches.mosaic >= 0 && options.batches.mosaic <= 1))
    throw OptionError(fmt::format("the probability of a mosaic is in [0, 1], found {}", options.batches.mosaic));
}

DetectionTask::~DetectionTask() = default;

std::int64_t DetectionTask::steps_per_epoch() const { return (train_.size() + options_.batches.batch - 1) / options_.batches.batch; }

void DetectionTask::begin_epoch(std::int64_t epoch, std::int64_t first_batch) {
  loader_.reset();  // one pass at a time: two would hold twice the memory
  loader_ = load_detection_batches(train_, epoch_order(train_.size(), options_.batches.seed, epoch), epoch, options_.batches, first_batch);
}

TrainingTask::Step DetectionTask::next_step() {
  batch_ = {};  // its memory serves the next one
  batch_ = loader_->next();
  return repeat_step();
}

TrainingTask::Step DetectionTask::repeat_step() {
  return {.loss = total_loss(detector_.loss(cast(Variable(batch_.images), options_.precision), batch_.targets)),
          .samples = batch_.images.extent(0)};
}

std::vector<std::string> DetectionTask::sample_names() const {
  std::vector<std::string> names;
  for (const std::int64_t index : batch_.indices) names.push_back(train_.data().images[static_cast<std::size_t>(index)].file_name);
  return names;
}

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
