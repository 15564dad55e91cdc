// Tensors of different shapes side by side, and back: what broadcasting is made of.
#pragma once

#include <optional>

#include "fovea/autograd/variable.hpp"
#include "fovea/kernels/broadcast.hpp"
#include "fovea/tensor/tensor.hpp"

namespace fovea {

/// The shape that a and b broadcast to: axes meet from the last on, and are equal or 1 in one of them. Nothing when they do not fit.
std::optional<Shape> broadcast_shape(const Shape& a, const Shape& b);

/// x [outer, rows, inner] and b [outer, inner]: how the kernels see `b` along `x`, when the axes in which b has one entry are neighbours. b
/// broadcasts to x.
std::optional<kernels::BroadcastShape> as_one_repetition(const Shape& x, const Shape& b);

/// x repeated along its axes of one entry and along new ones in front; x broadcasts to `shape`.
Tensor repeated(const Tensor& x, const Shape& shape);
/// x summed over what repeated(_, x.shape()) repeats of `shape`: a result of that shape. Sums are taken in f32 or f64; where the axes in
/// question are not neighbours, bf16 is rounded between them.
Tensor summed(const Tensor& x, const Shape& shape);

/// x + b and x * b for a b that broadcasts to x by one repetition.
Variable add_repeated(const Variable& x, const Variable& b);
Variable multiply_repeated(const Variable& x, const Variable& b);

}  // namespace fovea
