// Leaky ReLU with a learned slope.
#pragma once

#include "fovea/autograd/variable.hpp"

namespace fovea {

/// x [..., C], slope [C] or [1] for all channels: x > 0 ? x : slope x (He et al. 2015, equation 1). The gradient at 0 is that of the
/// slope's side. With x in bf16 the slope is f32. Throws ShapeError on another number of slopes.
Variable prelu(const Variable& x, const Variable& slope);

}  // namespace fovea
