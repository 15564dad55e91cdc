// Several tensors side by side along one axis.
#pragma once

#include <initializer_list>
#include <span>

#include "fovea/autograd/variable.hpp"

namespace fovea {

/// The inputs one after the other along `axis` (negative ones count from the end), in order: with the last axis, x_i [..., C_i] give [...,
/// sum of C_i]. At least one input; all other axes are equal. Each input's gradient is its part of the output's. Throws ShapeError
/// "[concat]
/// ..." otherwise.
Variable concat(std::span<const Variable> inputs, int axis = -1);
inline Variable concat(std::initializer_list<Variable> inputs, int axis = -1) {
  return concat(std::span(inputs.begin(), inputs.size()), axis);
}

}  // namespace fovea
