// Pooling to a size that is asked for, whatever the input's.
#pragma once

#include "fovea/autograd/ops/window.hpp"
#include "fovea/autograd/variable.hpp"

namespace fovea {

/// x [N,H,W,C] -> [N,P,Q,C] with P x Q = `output`: window i of P covers the rows floor(i H / P) .. ceil((i + 1) H / P), columns likewise
/// (torch's rule). Windows overlap by a cell where P does not divide H, and repeat cells where P > H. Throws ShapeError "[adaptive_..] ..."
/// when the images have no pixels or an extent of the output is less than 1.
Variable adaptive_average_pool2d(const Variable& x, Extent2 output);
/// The same with the maximum of each window; the gradient goes to the first in scan order.
Variable adaptive_max_pool2d(const Variable& x, Extent2 output);

/// [N,H,W,C] -> [N,C]: the maximum of each channel over the image. Throws ShapeError when the images have no pixels.
Variable global_max_pool2d(const Variable& x);

}  // namespace fovea
