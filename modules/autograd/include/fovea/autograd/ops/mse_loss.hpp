// Squared error.
#pragma once

#include "fovea/autograd/ops/reduction.hpp"
#include "fovea/autograd/variable.hpp"

namespace fovea {

/// (x - target)^2 by element, averaged over the elements; both get gradients. Shapes and types are equal (ShapeError).
Variable mse_loss(const Variable& x, const Variable& target, Reduction reduction = Reduction::mean);

}  // namespace fovea
