// Absolute, rounded off at zero: the loss of box regression.
#pragma once

#include "fovea/autograd/ops/reduction.hpp"
#include "fovea/autograd/variable.hpp"

namespace fovea {

struct SmoothL1LossOptions {
  double beta = 1;  ///< the width of the round part; 0 is the absolute error
  Reduction reduction = Reduction::mean;
};

/// With d = x - target: d^2 / (2 beta) where |d| < beta, else |d| - beta / 2; both get gradients. Girshick 2015, eq. 3 (beta 1); it is the
/// Huber loss divided by beta. Shapes and types are equal (ShapeError).
Variable smooth_l1_loss(const Variable& x, const Variable& target, const SmoothL1LossOptions& options = {});

}  // namespace fovea
