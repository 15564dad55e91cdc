#include "cpu/kernel_names.hpp"

#include "cpu/conv2d_geometry.hpp"
#include "cpu/winograd.hpp"

namespace fovea::kernels::FOVEA_ISA_NAMESPACE {

const char* conv2d_kernel_name(const Conv2dShape& shape, Conv2dPass pass) {
  if (is_depthwise(shape)) return "depthwise";
  return uses_winograd(shape, pass) ? "winograd" : "direct";
}

}  // namespace fovea::kernels::FOVEA_ISA_NAMESPACE
