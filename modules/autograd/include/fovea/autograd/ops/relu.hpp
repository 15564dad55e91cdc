// Rectified linear unit.
#pragma once

#include "fovea/autograd/variable.hpp"

namespace fovea {

/// max(x, 0); the gradient at 0 is 0. NaN stays NaN. The result takes over the memory of a temporary (or moved) x that nothing
/// else holds, as in relu(conv(x)).
Variable relu(Variable x);

}  // namespace fovea
