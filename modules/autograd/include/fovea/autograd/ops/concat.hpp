// Channels of several tensors side by side.
#pragma once

#include <initializer_list>
#include <span>

#include "fovea/autograd/variable.hpp"

namespace fovea {

/// x_i [..., C_i] -> [..., sum of C_i]: the last axes one after the other, in order. At least one input; all axes but the last are equal.
/// Each input's gradient is its channels of the output's. Throws ShapeError "[concat] ..." otherwise.
Variable concat(std::span<const Variable> inputs);
inline Variable concat(std::initializer_list<Variable> inputs) { return concat(std::span(inputs.begin(), inputs.size())); }

}  // namespace fovea
