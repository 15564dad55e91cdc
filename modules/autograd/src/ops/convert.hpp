// A tensor in another floating type, by the kernels.
#pragma once

#include "fovea/tensor/tensor.hpp"

namespace fovea {

/// Rounded to nearest even, in parallel (Tensor::to runs on one thread); `x` itself when it has the type already. Both types are floating.
Tensor convert(const Tensor& x, DType dtype);

}  // namespace fovea
