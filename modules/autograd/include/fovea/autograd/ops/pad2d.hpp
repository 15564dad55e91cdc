// Rows and columns around images, or fewer of them.
#pragma once

#include "fovea/autograd/ops/window.hpp"
#include "fovea/autograd/variable.hpp"

namespace fovea {

/// What is put around an image.
enum class PadMode {
  constant,   ///< a number
  reflect,    ///< its rows and columns again from the border inwards, without those at the border: c b | a b c | b a
  replicate,  ///< those at the border: a a | a b c | c c
  circular,   ///< those from the other side: b c | a b c | a b
};

/// x [N,H,W,C] -> [N, H + top + bottom, W + left + right, C]. Negative numbers cut rows and columns off instead. `value` is for the
/// constant mode. Gradients of copies add up. Throws ShapeError "[pad2d] ..." when nothing is left, when an image without pixels is to be
/// continued, when reflect wants as many rows or columns as there are, or circular more.
Variable pad2d(const Variable& x, const Padding& padding, PadMode mode = PadMode::constant, double value = 0);

/// What is left when rows and columns are cut off on each side; none is negative.
Variable crop2d(const Variable& x, const Padding& cut);

}  // namespace fovea
