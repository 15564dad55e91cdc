// Functions of each element. f32 and f64.
#pragma once

#include "fovea/autograd/variable.hpp"

namespace fovea {

Variable exp(const Variable& x);
/// The natural logarithm: minus infinity at 0, NaN below.
Variable log(const Variable& x);
/// NaN below 0. The slope at 0 is infinite.
Variable sqrt(const Variable& x);
/// x^exponent as std::pow has it, so that negative x want whole exponents.
Variable power(const Variable& x, double exponent);
/// |x|; the slope at 0 is 0.
Variable abs(const Variable& x);
/// min(max(x, low), high), NaN stays; the slope is 1 within [low, high] and 0 outside. Infinities leave a side open. Throws ShapeError
/// "[clamp] ..." unless low <= high.
Variable clamp(const Variable& x, double low, double high);

/// a / b, with the broadcasting of ops/arithmetic.hpp.
Variable divide(const Variable& a, const Variable& b);
inline Variable operator/(const Variable& a, const Variable& b) { return divide(a, b); }

}  // namespace fovea
