// Element-wise arithmetic on variables of equal shape and type.
#pragma once

#include "fovea/autograd/variable.hpp"

namespace fovea {

Variable add(const Variable& a, const Variable& b);
Variable subtract(const Variable& a, const Variable& b);
/// Element by element (Hadamard product).
Variable multiply(const Variable& a, const Variable& b);
/// alpha * x + beta
Variable affine(const Variable& x, double alpha, double beta = 0);

inline Variable operator+(const Variable& a, const Variable& b) { return add(a, b); }
inline Variable operator-(const Variable& a, const Variable& b) { return subtract(a, b); }
inline Variable operator*(const Variable& a, const Variable& b) { return multiply(a, b); }
inline Variable operator*(double alpha, const Variable& x) { return affine(x, alpha); }
inline Variable operator-(const Variable& x) { return affine(x, -1); }

}  // namespace fovea
