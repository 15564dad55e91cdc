// Absolute error.
#pragma once

#include "fovea/autograd/ops/reduction.hpp"
#include "fovea/autograd/variable.hpp"

namespace fovea {

/// |x - target| by element, averaged over the elements; both get gradients (0 where they are equal). Shapes and types are equal
/// (ShapeError).
Variable l1_loss(const Variable& x, const Variable& target, Reduction reduction = Reduction::mean);

}  // namespace fovea
