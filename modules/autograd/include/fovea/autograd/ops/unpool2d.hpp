// Ways back up from what was pooled.
#pragma once

#include "fovea/autograd/ops/max_pool2d.hpp"
#include "fovea/autograd/variable.hpp"

namespace fovea {

/// x [N,H,W,C] -> [N, H f, W f, C]: every pixel is repeated f.height x f.width times. Gradients of the copies add up.
Variable nearest_unpool2d(const Variable& x, Extent2 factor);

/// x [N,H,W,C] -> [N, H f, W f, C]: every pixel at the top left of its f.height x f.width pixels, the others zero.
Variable bed_of_nails_unpool2d(const Variable& x, Extent2 factor);

/// x [N,P,Q,C] -> [N,H,W,C] with H x W = output: every value at the place that max_pool2d_with_indices remembered, the others zero (Zeiler
/// and Fergus 2014, section 2.1). Of values with the same place, which overlapping windows can give, the last in scan order stays, and
/// alone has a gradient. Throws ShapeError "[max_unpool2d] ..." when the shapes or types do not fit, and when an index is not within the
/// output.
Variable max_unpool2d(const Variable& x, const Tensor& indices, Extent2 output);

}  // namespace fovea
