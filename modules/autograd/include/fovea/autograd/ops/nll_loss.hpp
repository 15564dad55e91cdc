// Negative log-likelihood of log-probabilities.
#pragma once

#include "fovea/autograd/ops/reduction.hpp"
#include "fovea/autograd/variable.hpp"

namespace fovea {

struct NllLossOptions {
  Reduction reduction = Reduction::mean;
  /// Rows with this target do not count.
  std::int64_t ignore_index = -100;
  /// [classes] or undefined. With `mean`, the sum is divided by the sum of the targets' weights.
  Tensor class_weights = {};
};

/// -x[target] of log-probabilities x [..., classes] (log_softmax), targets i64 of the leading shape. cross_entropy() is both in one, with
/// less memory. Throws ShapeError on unfitting shapes or a target outside [0, classes).
Variable nll_loss(const Variable& log_probabilities, const Tensor& targets, const NllLossOptions& options = {});

}  // namespace fovea
