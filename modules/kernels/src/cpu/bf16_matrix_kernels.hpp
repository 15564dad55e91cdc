// The kernels that multiply bf16.
#pragma once

#include "fovea/kernels/conv2d.hpp"
#include "fovea/kernels/matmul.hpp"

namespace fovea::kernels {

struct Bf16MatrixKernels {
  MatmulKernels<bf16> matmul;
  Conv2dKernels<bf16> conv2d;
};

}  // namespace fovea::kernels
