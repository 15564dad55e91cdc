// `fovea evaluate --report`: a classifier's numbers on one page, and the predictions that they come from.
#pragma once

#include <string>

#include "fovea/base/json.hpp"
#include "fovea/evaluation/classification_curves.hpp"
#include "fovea/evaluation/classification_metrics.hpp"
#include "fovea/pipelines/classifier_ensemble.hpp"

namespace fovea {

/// What the ensemble says of every sample. Throws OptionError when the data set's labels are not its own.
ClassPredictions predict_dataset(const ClassifierEnsemble& ensemble, const ClassificationDataset& dataset, std::int64_t batch, int workers);

/// The numbers of predictions that are there.
ClassificationMetrics evaluate_predictions(const ClassPredictions& predictions);

/// One HTML file. `numbers` is the content of the JSON file. To it come the confusion matrix, every class with the areas of its curves, the
/// reliability diagram, ROC and precision-recall curves (one class against the rest), and the `pictures` samples of `dataset` that are
/// wrong with the most confidence.
std::string classification_page(const ClassPredictions& predictions, const ClassificationDataset& dataset, const Json& numbers,
                                std::int64_t pictures = 24);

}  // namespace fovea
