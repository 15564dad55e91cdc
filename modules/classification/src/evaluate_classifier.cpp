#include "fovea/classification/evaluate_classifier.hpp"

#include <numeric>

#include "fovea/classification/classification.hpp"

namespace fovea {

ClassificationMetrics evaluate_classifier(Layer& network, const ClassificationDataset& dataset, const ImageBatchOptions& options,
                                          DType precision, const StopToken& stop) {
  ImageBatchOptions plain = options;
  plain.augmentation = nullptr;
  plain.mixing = {};
  std::vector<std::int64_t> order(static_cast<std::size_t>(dataset.size()));
  std::iota(order.begin(), order.end(), 0);
  ClassificationEvaluator evaluator(dataset.labels());
  const auto loader = load_batches(dataset, std::move(order), 0, plain);
  for (std::int64_t batch = 0; batch < loader->batches(); ++batch) {
    if (stop.requested()) throw Stopped();
    const ImageBatch inputs = loader->next();
    add_predictions(evaluator, classify_batch(network, inputs.images, precision), inputs.labels);
  }
  return evaluator.result();
}

void add_predictions(ClassificationEvaluator& evaluator, const Tensor& probabilities, const Tensor& labels) {
  const auto classes = static_cast<std::size_t>(probabilities.extent(1));
  for (std::size_t i = 0; i < static_cast<std::size_t>(probabilities.extent(0)); ++i)
    evaluator.add(probabilities.span<float>().subspan(i * classes, classes), labels.data<std::int64_t>()[i]);
}

}  // namespace fovea
