// Softmax cross-entropy on logits against whole distributions: mixed labels, a teacher's answers.
#pragma once

#include "fovea/autograd/ops/reduction.hpp"
#include "fovea/autograd/variable.hpp"

namespace fovea {

struct SoftCrossEntropyOptions {
  Reduction reduction = Reduction::mean;  ///< `mean` divides by the number of rows
  /// The target distribution is (1 - s) q + s / classes (Szegedy et al. 2016, section 7).
  double label_smoothing = 0;
  Tensor class_weights = {};  ///< [classes] or undefined
};

/// Per row -sum over c of weight[c] q[c] log p[c], p the softmax of logits [..., classes], natural logarithm. `distributions` have the
/// logits' shape and type; they are not asked to add up to 1. A scalar, or with Reduction::none the leading shape. Throws ShapeError on
/// unfitting shapes.
Variable soft_cross_entropy(const Variable& logits, const Tensor& distributions, const SoftCrossEntropyOptions& options = {});

}  // namespace fovea
