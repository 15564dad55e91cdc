// Conversion to another floating type.
#pragma once

#include "fovea/autograd/variable.hpp"

namespace fovea {

/// x in `dtype` (f32, f64 or bf16), rounded to nearest even; the gradient is converted back. x itself when it has the type already.
/// The precision of a network is the type of its input: casting the input to bf16 runs everything behind it in bf16, with parameters
/// and sums in f32. Throws ShapeError when either type is not a floating one.
Variable cast(const Variable& x, DType dtype);

}  // namespace fovea
