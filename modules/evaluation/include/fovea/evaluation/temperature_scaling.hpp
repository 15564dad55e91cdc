// Making confidences into probabilities with a single number: Guo et al., "On calibration of modern neural networks", ICML 2017,
// section 4.2.
#pragma once

#include "fovea/evaluation/classification_curves.hpp"

namespace fovea {

/// The predictions at temperature T > 0: probabilities proportional to p^(1/T), which is softmax(logits / T). T > 1 lowers confidences,
/// T < 1 raises them; the order of the classes stays. A probability of 0 stays 0. Throws OptionError for other temperatures.
ClassPredictions with_temperature(const ClassPredictions& predictions, double temperature);

/// The temperature in [0.01, 100] with the least mean negative log-likelihood of the labels: as a function of 1/T that is convex, and its
/// minimum is found by Newton's method kept inside a bracket. Predictions are of samples that were not trained on, and that are not those
/// that will be measured. Throws OptionError when there are none.
double fit_temperature(const ClassPredictions& predictions);

}  // namespace fovea
