// Images of another size.
#pragma once

#include "fovea/autograd/ops/window.hpp"
#include "fovea/autograd/variable.hpp"

namespace fovea {

/// How a pixel of the result is made.
enum class Interpolation {
  nearest,        ///< the pixel floor(i * step)
  nearest_exact,  ///< the pixel whose middle is nearest: floor((i + 0.5) * step)
  bilinear,       ///< of the two nearest rows and columns, weighted by distance
  bicubic,        ///< of the four nearest rows and columns by the cubic convolution with a = -0.75 (Keys 1981)
};

struct ResizeOptions {
  Interpolation interpolation = Interpolation::bilinear;
  /// Where result pixel i lies in the input. False: pixels are squares, and the images' borders coincide: (i + 0.5) * step - 0.5 with
  /// step = input / output. True: pixels are points, and the corner pixels coincide: i * (input - 1) / (output - 1). For bilinear and
  /// bicubic.
  bool align_corners = false;
  /// Rows and columns of the input per one of the result, where that is not to be input / output (an image that was scaled by a factor and
  /// rounded down); 0 means input / output. Not with align_corners.
  double step_h = 0, step_w = 0;
};

/// x [N,H,W,C] -> [N,P,Q,C] with P x Q = output, up or down, as torch's interpolate: beyond the border the border's pixels are repeated,
/// and nothing is blurred where the result is smaller. The gradient is the transposed map. Throws ShapeError "[resize2d] ..." when the
/// images have no pixels, an extent is out of range, or options contradict each other.
Variable resize2d(const Variable& x, Extent2 output, const ResizeOptions& options = {});

/// The same by factors: the output has floor(H factor) rows, and result pixels are 1 / factor of the input's apart.
Variable rescale2d(const Variable& x, double factor_h, double factor_w, const ResizeOptions& options = {});

}  // namespace fovea
