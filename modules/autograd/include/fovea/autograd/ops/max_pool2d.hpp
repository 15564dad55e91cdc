// Maximum over windows.
#pragma once

#include "fovea/autograd/ops/window.hpp"
#include "fovea/autograd/variable.hpp"

namespace fovea {

struct Pool2dGeometry {
  Extent2 window = 2;
  Extent2 stride = 2;
  Padding padding = 0;  ///< less than the window's span on every side
  Extent2 dilation = 1;
  /// Rounds the number of windows up, so that the last cells are in one too; windows that would begin behind the image and the padding in
  /// front of it are left out, as torch does.
  bool ceil_mode = false;
};

/// x [N,H,W,C] -> [N,P,Q,C]. Padding counts as minus infinity. The gradient goes to the first maximum in scan order.
Variable max_pool2d(const Variable& x, const Pool2dGeometry& geometry = {});

}  // namespace fovea
