// Transposed convolution of image batches: the learned way up.
#pragma once

#include "fovea/autograd/ops/window.hpp"
#include "fovea/autograd/variable.hpp"

namespace fovea {

struct ConvTranspose2dGeometry {
  Extent2 stride = 1;
  Padding padding = 0;         ///< rows and columns cut off the result
  Extent2 output_padding = 0;  ///< rows and columns added at the bottom and right of the result; less than the stride
  Extent2 dilation = 1;
  std::int64_t groups = 1;
};

/// x [N,H,W,C], filter [C,R,S,K/groups], bias [K] or undefined: [N,P,Q,K] with P = (H - 1) stride - top - bottom + dilation (R - 1) +
/// output_padding + 1. Each input pixel adds its multiple of the filter to the output: the data gradient of the convolution K -> C with
/// this very filter and geometry (Dumoulin and Visin 2016, "A guide to convolution arithmetic for deep learning", chapter 4). With x
/// in bf16 filter and bias are f32, and results are rounded before the bias is added and after. Throws ShapeError "[conv_transpose2d] ..."
/// when channels, groups or sizes do not fit.
Variable conv_transpose2d(const Variable& x, const Variable& filter, const Variable& bias = {},
                          const ConvTranspose2dGeometry& geometry = {});

}  // namespace fovea
