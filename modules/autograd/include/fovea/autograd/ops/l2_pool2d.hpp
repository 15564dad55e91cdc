// The length of each window's vector of cells.
#pragma once

#include "fovea/autograd/ops/max_pool2d.hpp"
#include "fovea/autograd/variable.hpp"

namespace fovea {

/// x [N,H,W,C] -> [N,P,Q,C]: the root of the sum of squares over each window ("squared sum" pooling; torch's lp_pool2d with p = 2, whose
/// ceil_mode scales cut windows up, which this does not). Padding counts as zero. Where a window is all zero the gradient is zero. f32 or
/// f64.
Variable l2_pool2d(const Variable& x, const Pool2dGeometry& geometry = {});

}  // namespace fovea
