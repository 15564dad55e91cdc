// Cross-entropy that spends little on what is easy.
#pragma once

#include "fovea/autograd/ops/reduction.hpp"
#include "fovea/autograd/variable.hpp"

namespace fovea {

struct SoftmaxFocalLossOptions {
  double gamma = 2;  ///< how fast easy rows lose weight, at least 0; 0 is the cross-entropy
  Reduction reduction = Reduction::mean;
  /// Rows with this target do not count.
  std::int64_t ignore_index = -100;
  /// [classes] or undefined: the alpha of each class. `mean` divides by the number of counted rows, whatever their weights.
  Tensor class_weights = {};
};

/// -alpha[y] (1 - p_y)^gamma log p_y with p the softmax of logits [..., classes], targets y i64 of the leading shape. The form of Lin et
/// al. 2017, eq. 5, for classes that exclude each other. Throws ShapeError on unfitting shapes or a target outside [0, classes).
Variable softmax_focal_loss(const Variable& logits, const Tensor& targets, const SoftmaxFocalLossOptions& options = {});

}  // namespace fovea
