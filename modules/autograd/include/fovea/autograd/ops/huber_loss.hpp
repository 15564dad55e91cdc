// Squared near zero, absolute far away.
#pragma once

#include "fovea/autograd/ops/reduction.hpp"
#include "fovea/autograd/variable.hpp"

namespace fovea {

struct HuberLossOptions {
  double delta = 1;  ///< where the two meet, positive
  Reduction reduction = Reduction::mean;
};

/// With d = x - target: d^2 / 2 where |d| <= delta, else delta (|d| - delta / 2); both get gradients. Huber 1964.
/// Shapes and types are equal (ShapeError).
Variable huber_loss(const Variable& x, const Variable& target, const HuberLossOptions& options = {});

}  // namespace fovea
