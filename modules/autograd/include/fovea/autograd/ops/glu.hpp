// Gated linear unit (Dauphin et al. 2017).
#pragma once

#include "fovea/autograd/variable.hpp"

namespace fovea {

/// x [..., 2 C] -> [..., C]: the first half of the last axis times the sigmoid of the second. Throws ShapeError when it is odd.
Variable glu(const Variable& x);

}  // namespace fovea
