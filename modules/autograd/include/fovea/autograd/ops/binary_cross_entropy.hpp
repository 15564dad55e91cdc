// Cross-entropy of independent yes-or-no questions, on logits.
#pragma once

#include "fovea/autograd/ops/reduction.hpp"
#include "fovea/autograd/variable.hpp"

namespace fovea {

struct BinaryCrossEntropyOptions {
  Reduction reduction = Reduction::mean;
  /// [last axis] or undefined: what a yes weighs, per channel (above 1 for rare classes).
  Tensor positive_weights = {};
};

/// -(w t log s(x) + (1 - t) log(1 - s(x))) by element, s the sigmoid, targets t in [0, 1] of the logits' shape and type. Natural
/// logarithm; finite for any finite logit. Throws ShapeError on unfitting shapes.
Variable binary_cross_entropy(const Variable& logits, const Tensor& targets, const BinaryCrossEntropyOptions& options = {});

}  // namespace fovea
