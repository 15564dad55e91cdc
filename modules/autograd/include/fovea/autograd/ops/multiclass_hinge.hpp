// The multi-class support vector machine.
#pragma once

#include "fovea/autograd/ops/reduction.hpp"
#include "fovea/autograd/variable.hpp"

namespace fovea {

struct MulticlassHingeOptions {
  double margin = 1;     ///< by which the right score should win, positive
  bool squared = false;  ///< adds the squares of the shortfalls
  Reduction reduction = Reduction::mean;
  /// Rows with this target do not count.
  std::int64_t ignore_index = -100;
};

/// Per row the sum over the classes j other than the target y of max(0, s_j - s_y + margin), or of its square. Scores [..., classes],
/// targets i64 of the leading shape. Weston and Watkins 1999, eq. 4. (torch divides by the number of classes.) Throws ShapeError on
/// unfitting shapes or a target outside [0, classes).
Variable multiclass_hinge(const Variable& scores, const Tensor& targets, const MulticlassHingeOptions& options = {});

}  // namespace fovea
