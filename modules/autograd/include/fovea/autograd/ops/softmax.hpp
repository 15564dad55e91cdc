// Scores to probabilities.
#pragma once

#include "fovea/autograd/variable.hpp"

namespace fovea {

/// Over the last axis: exp(x - max) / sum.
Variable softmax(const Variable& x);

}  // namespace fovea
