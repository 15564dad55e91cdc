// A classifier's numbers on a data set.
#pragma once

#include "fovea/base/stop_token.hpp"
#include "fovea/classification/image_batch.hpp"
#include "fovea/evaluation/classification_metrics.hpp"
#include "fovea/nn/module.hpp"

namespace fovea {

/// Runs `network` (in evaluation mode) over the whole data set, with activations of type `precision` (f32 or bf16). The result does not
/// depend on batch size, workers or threads. Throws Stopped between two batches when `stop` asks for it.
ClassificationMetrics evaluate_classifier(Layer& network, const ClassificationDataset& dataset, const ImageBatchOptions& options,
                                          DType precision = DType::f32, const StopToken& stop = {});

/// What a network says of a batch: `probabilities` [N,classes] f32 of images with `labels` [N] i64.
void add_predictions(ClassificationEvaluator& evaluator, const Tensor& probabilities, const Tensor& labels);

}  // namespace fovea
