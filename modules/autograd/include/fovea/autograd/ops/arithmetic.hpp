// Element-wise arithmetic on variables of equal type.
//
// Shapes that differ broadcast: axes meet from the last on, and one entry is repeated along the other's extent, as are axes that a shape
// does not have. A feature map [N,H,W,C] meets a vector of channels [C], gates [N,1,1,C], a map of factors [N,H,W,1] or a scalar [1] in one
// pass over memory; shapes that are repeated in several places are copied out first. Gradients of what is repeated are sums.
#pragma once

#include <utility>

#include "fovea/autograd/variable.hpp"

namespace fovea {

/// The sum takes over the memory of a temporary (or moved) operand that nothing else holds.
Variable add(Variable a, Variable b);
Variable subtract(const Variable& a, const Variable& b);
/// Element by element (Hadamard product).
Variable multiply(const Variable& a, const Variable& b);
/// alpha * x + beta
Variable affine(const Variable& x, double alpha, double beta = 0);

inline Variable operator+(Variable a, Variable b) { return add(std::move(a), std::move(b)); }
inline Variable operator-(const Variable& a, const Variable& b) { return subtract(a, b); }
inline Variable operator*(const Variable& a, const Variable& b) { return multiply(a, b); }
inline Variable operator*(double alpha, const Variable& x) { return affine(x, alpha); }
inline Variable operator-(const Variable& x) { return affine(x, -1); }

}  // namespace fovea
