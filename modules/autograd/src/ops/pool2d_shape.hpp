// Geometry of pooling, checked.
#pragma once

#include "fovea/autograd/function.hpp"
#include "fovea/autograd/ops/max_pool2d.hpp"
#include "fovea/kernels/pool2d.hpp"
#include "fovea/tensor/tensor.hpp"

namespace fovea {

kernels::Pool2dShape pool2d_shape(const Shape& x, const Pool2dGeometry& geometry, bool count_padding, std::int64_t divisor = 0);
/// window, stride, padding, dilation and ceil_mode
Attributes attributes_of(const Pool2dGeometry& geometry);
/// The output's spec; throws ShapeError naming `op`.
TensorSpec infer_pool2d(const char* op, const TensorSpec& x, const Pool2dGeometry& geometry);

}  // namespace fovea
