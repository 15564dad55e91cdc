// Axes in another order.
#pragma once

#include <initializer_list>
#include <span>

#include "fovea/autograd/variable.hpp"

namespace fovea {

/// y = x with axis axes[i] of x as axis i, a copy; negative axes count from the end. {0,3,1,2} makes [N,C,H,W] of [N,H,W,C]. Throws
/// ShapeError
/// "[permute] ..." unless every axis is named once. x may have any type; gradients flow where it is floating.
Variable permute(const Variable& x, std::span<const int> axes);
inline Variable permute(const Variable& x, std::initializer_list<int> axes) { return permute(x, std::span(axes.begin(), axes.size())); }

/// Axes `a` and `b` change places.
Variable transpose(const Variable& x, int a, int b);

}  // namespace fovea
