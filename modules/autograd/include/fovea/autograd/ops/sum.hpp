// Reductions to one element.
#pragma once

#include "fovea/autograd/variable.hpp"

namespace fovea {

/// The sum of all elements, as a scalar (shape []).
Variable sum(const Variable& x);
/// The mean of all elements, as a scalar. Throws ShapeError when there are none.
Variable mean(const Variable& x);

}  // namespace fovea
