// Rectified linear unit.
#pragma once

#include "fovea/autograd/variable.hpp"

namespace fovea {

/// max(x, 0); the gradient at 0 is 0. NaN stays NaN.
Variable relu(const Variable& x);

}  // namespace fovea
