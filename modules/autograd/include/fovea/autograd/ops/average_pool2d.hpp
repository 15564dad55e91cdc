// Average over windows.
#pragma once

#include "fovea/autograd/ops/max_pool2d.hpp"
#include "fovea/autograd/variable.hpp"

namespace fovea {

/// x [N,H,W,C] -> [N,P,Q,C]. `count_padding` divides by the whole window, otherwise by its cells inside the image.
Variable average_pool2d(const Variable& x, const Pool2dGeometry& geometry = {}, bool count_padding = true);

/// [N,H,W,C] -> [N,C]: the mean over each image. Throws ShapeError when the images have no pixels.
Variable global_average_pool2d(const Variable& x);

}  // namespace fovea
