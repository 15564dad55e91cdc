// Kullback-Leibler divergence from a prediction to a target distribution.
#pragma once

#include "fovea/autograd/ops/reduction.hpp"
#include "fovea/autograd/variable.hpp"

namespace fovea {

struct KlDivergenceOptions {
  bool log_target = false;  ///< targets are log-probabilities
  /// `mean` divides by the number of elements; the divergence itself is a sum over classes: sum, divided by the number of rows.
  Reduction reduction = Reduction::mean;
  /// Divides the sum by the first extent instead, whatever the reduction's divisor; wants Reduction::mean.
  bool batch_mean = false;
};

/// t (log t - x) by element, for log-probabilities x (log_softmax) and probabilities t of the same shape and type; 0 where t is 0.
/// Natural logarithm. Kullback and Leibler 1951. Throws ShapeError on unfitting shapes.
Variable kl_divergence(const Variable& log_probabilities, const Tensor& targets, const KlDivergenceOptions& options = {});

}  // namespace fovea
