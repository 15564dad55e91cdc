// Softmax cross-entropy on logits.
#pragma once

#include <cstdint>

#include "fovea/autograd/ops/reduction.hpp"
#include "fovea/autograd/variable.hpp"

namespace fovea {

struct CrossEntropyOptions {
  Reduction reduction = Reduction::mean;
  /// Rows with this target do not count.
  std::int64_t ignore_index = -100;
  /// The target distribution is (1 - s) one-hot + s / classes (Szegedy et al. 2016, section 7).
  double label_smoothing = 0;
  /// [classes] or undefined. With `mean`, the sum is divided by the sum of the targets' weights.
  Tensor class_weights = {};
};

/// logits [..., classes], targets i64 of the leading shape: the negative log-probability of the targets, natural logarithm.
/// A scalar, or with Reduction::none the targets' shape. The mean over no counted rows is NaN.
/// Throws ShapeError on unfitting shapes or a target outside [0, classes).
Variable cross_entropy(const Variable& logits, const Tensor& targets, const CrossEntropyOptions& options = {});

}  // namespace fovea
