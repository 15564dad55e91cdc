// Vectors of length one.
#pragma once

#include "fovea/autograd/variable.hpp"

namespace fovea {

/// x [..., C]: every channel vector divided by max(its Euclidean length, epsilon). f32 and f64. Used with a learned scale by SSD (Liu et
/// al. 2016, section 3.1, after ParseNet). Throws OptionError when epsilon is not above 0.
Variable l2_normalize(const Variable& x, double epsilon = 1e-12);

}  // namespace fovea
