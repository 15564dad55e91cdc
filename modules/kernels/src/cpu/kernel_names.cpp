#include "cpu/kernel_names.hpp"

#include "cpu/conv2d_geometry.hpp"

namespace fovea::kernels::FOVEA_ISA_NAMESPACE {

const char* conv2d_kernel_name(const Conv2dShape& shape, Conv2dPass) { return is_depthwise(shape) ? "depthwise" : "direct"; }

}  // namespace fovea::kernels::FOVEA_ISA_NAMESPACE
