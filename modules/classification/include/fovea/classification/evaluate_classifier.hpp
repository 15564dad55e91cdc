// A classifier's numbers on a data set.
#pragma once

#include "fovea/classification/image_batch.hpp"
#include "fovea/evaluation/classification_metrics.hpp"
#include "fovea/nn/module.hpp"

namespace fovea {

/// Runs `network` (in evaluation mode) over the whole data set, with activations of type `precision` (f32 or bf16). The result does not
/// depend on batch size, workers or threads.
ClassificationMetrics evaluate_classifier(Layer& network, const ClassificationDataset& dataset, const ImageBatchOptions& options,
                                          DType precision = DType::f32);

}  // namespace fovea
