// A convolution as the kernels see it.
#pragma once

#include "fovea/autograd/ops/conv2d.hpp"
#include "fovea/kernels/conv2d.hpp"

namespace fovea {

/// Of dense x [N,H,W,C] and filter [K,R,S,...]; the extents of the result follow. Checks nothing: conv2d() does. `training`: whether the
/// choice of algorithm may look at the batch.
kernels::Conv2dShape conv2d_shape(const Shape& x, const Shape& filter, const Conv2dGeometry& geometry, bool training);

}  // namespace fovea
