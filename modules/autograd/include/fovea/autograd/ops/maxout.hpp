// Maxout (Goodfellow et al. 2013, section 3).
#pragma once

#include <cstdint>

#include "fovea/autograd/variable.hpp"

namespace fovea {

/// x [..., k C] -> [..., C]: the largest of every k neighbouring channels, of equal ones the first; a NaN wins. max(w1 x, w2 x) is
/// maxout(linear(x, w), 2) with the rows of w1 and w2 by turns. The gradient goes to the channel that was taken. f32 and f64. Throws
/// OptionError when k is below 1, ShapeError when it does not divide the channels.
Variable maxout(const Variable& x, std::int64_t k = 2);

}  // namespace fovea
