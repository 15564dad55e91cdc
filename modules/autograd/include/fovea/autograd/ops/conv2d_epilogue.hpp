// Convolution with what follows it, in one pass where nothing is trained.
#pragma once

#include "fovea/autograd/ops/conv2d.hpp"
#include "fovea/kernels/activation.hpp"

namespace fovea {

/// What follows a convolution; all may be left out.
struct Conv2dEpilogue {
  Variable scale = {}, bias = {};  ///< [K]: a norm with fixed statistics, folded
  Variable residual = {};          ///< of the result's shape
  kernels::Activation activation = kernels::Activation::none;
  double slope = 0.01;  ///< of leaky_relu, not negative
};

/// activation(conv2d(x, filter) * scale + bias + residual). When history is recorded, the operations one by one; otherwise the kernel does
/// everything before a result leaves the registers, and rounds as they do up to the order of scale and sum. Throws ShapeError
/// "[conv2d] ..." as conv2d, and when scale, bias or residual do not fit; OptionError for a negative slope.
Variable conv2d_epilogue(const Variable& x, const Variable& filter, const Conv2dEpilogue& epilogue, const Conv2dGeometry& geometry = {},
                         PackedFilterCache* cache = nullptr);

}  // namespace fovea
