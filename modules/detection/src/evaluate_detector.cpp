#include "fovea/detection/evaluate_detector.hpp"

#include <numeric>

#include "fovea/autograd/ops/cast.hpp"

namespace fovea {

namespace {

DetectionResult result_of(const Detection& found, std::int64_t image) {
  return {.image = static_cast<std::int32_t>(image),
          .category = static_cast<std::int32_t>(found.index),
          .box = to_xywh(found.box),
          .score = found.score};
}

/// Adds each term's mean over a batch, weighted by the share of the data set that the batch is.
void add_losses(DetectorEvaluation& evaluation, const LossMap& terms, double share) {
  if (evaluation.losses.empty())
    for (const auto& [name, value] : terms) evaluation.losses.emplace_back(name, 0);
  for (std::size_t i = 0; i < terms.size(); ++i) evaluation.losses[i].second += share * terms[i].second.item();
}

}  // namespace

XywhBox to_xywh(const Box& box) { return {.x = box.x1, .y = box.y1, .width = double{box.x2} - box.x1, .height = double{box.y2} - box.y1}; }

DetectorEvaluation run_detector(OneStageDetector& detector, const AnnotatedDataset& dataset, const DetectionBatchOptions& options,
                                const PostProcessingOptions& post_processing, DType precision, const StopToken& stop) {
  const NoGradGuard no_grad;
  DetectionBatchOptions plain = options;
  plain.augmentation = nullptr;
  plain.mosaic = 0;
  plain.multi_scale = {};
  std::vector<std::int64_t> order(static_cast<std::size_t>(dataset.size()));
  std::iota(order.begin(), order.end(), 0);
  DetectorEvaluation evaluation;
  const auto loader = load_detection_batches(dataset, std::move(order), 0, plain);
  for (std::int64_t batch = 0; batch < loader->batches(); ++batch) {
    if (stop.requested()) throw Stopped();
    const DetectionBatch inputs = loader->next();
    const std::vector<Variable> predictions = detector.forward(cast(Variable(inputs.images), precision));
    add_losses(evaluation, detector.head().loss(predictions, inputs.targets),
               static_cast<double>(inputs.images.extent(0)) / static_cast<double>(dataset.size()));
    std::vector<Detections> found = detector.head().decode(values_of(predictions), post_processing.smallest_score);
    for (std::size_t i = 0; i < found.size(); ++i) {
      const auto geometry = options.preprocessing.geometry(inputs.sizes[i]);
      for (const Detection& d : post_process(std::move(found[i]), *geometry, post_processing))
        evaluation.results.results.push_back(result_of(d, inputs.indices[i]));
    }
  }
  return evaluation;
}

}  // namespace fovea
