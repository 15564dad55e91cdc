// Reductions to one element.
#pragma once

#include "fovea/autograd/variable.hpp"

namespace fovea {

/// The sum of all elements, as a scalar (shape []); f32 when x is bf16, which could not hold it.
Variable sum(const Variable& x);
/// The mean of all elements, as a scalar; f32 when x is bf16. Throws ShapeError when there are none.
Variable mean(const Variable& x);

}  // namespace fovea
