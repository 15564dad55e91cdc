// The names of the implementations that the kernels of this instruction set choose from.
#pragma once

#include "fovea/kernels/conv2d.hpp"

namespace fovea::kernels::FOVEA_ISA_NAMESPACE {

const char* conv2d_kernel_name(const Conv2dShape&, Conv2dPass);

}  // namespace fovea::kernels::FOVEA_ISA_NAMESPACE
