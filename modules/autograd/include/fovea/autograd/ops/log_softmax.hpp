// Scores to log-probabilities.
#pragma once

#include "fovea/autograd/variable.hpp"

namespace fovea {

/// Over the last axis: x - log(sum of e^x), natural logarithm; finite for any finite x. f32 or f64.
Variable log_softmax(const Variable& x);

}  // namespace fovea
