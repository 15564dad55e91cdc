// Binary cross-entropy that spends little on what is easy.
#pragma once

#include "fovea/autograd/ops/reduction.hpp"
#include "fovea/autograd/variable.hpp"

namespace fovea {

struct SigmoidFocalLossOptions {
  double alpha = 0.25;  ///< the weight of targets of 1, that of 0 being 1 - alpha; negative: no weights
  double gamma = 2;     ///< how fast easy examples lose weight, at least 0
  Reduction reduction = Reduction::mean;
};

/// a_t (1 - p_t)^gamma times the binary cross-entropy, by element: p_t is the probability of the right answer, and targets in [0, 1]
/// have the logits' shape and type. RetinaNet sums and divides by the number of positive anchors. Lin et al. 2017, eq. 5.
/// Throws ShapeError on unfitting shapes, OptionError on values out of range.
Variable sigmoid_focal_loss(const Variable& logits, const Tensor& targets, const SigmoidFocalLossOptions& options = {});

}  // namespace fovea
