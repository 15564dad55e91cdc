// Average over windows.
#pragma once

#include "fovea/autograd/ops/max_pool2d.hpp"
#include "fovea/autograd/variable.hpp"

namespace fovea {

/// x [N,H,W,C] -> [N,P,Q,C]. `count_padding` divides by the whole window, otherwise by its cells inside the image. With ceil_mode what lies
/// behind the padding never counts. A `divisor` other than 0 (torch's divisor_override) divides instead; 1 gives sums. Throws ShapeError
/// for a negative one.
Variable average_pool2d(const Variable& x, const Pool2dGeometry& geometry = {}, bool count_padding = true, std::int64_t divisor = 0);

/// x [N,H,W,C] -> [N,P,Q,C]: the sum of each window's cells.
Variable sum_pool2d(const Variable& x, const Pool2dGeometry& geometry = {});

/// [N,H,W,C] -> [N,C]: the mean over each image. Throws ShapeError when the images have no pixels.
Variable global_average_pool2d(const Variable& x);

}  // namespace fovea
