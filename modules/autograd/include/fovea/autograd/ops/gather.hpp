// Elements chosen by index along an axis, and put back.
#pragma once

#include "fovea/autograd/variable.hpp"

namespace fovea {

/// y[.., i, ..] = x[.., index[.., i, ..], ..] along `axis`: `index` (i64) has x's shape but for that axis, and y has index's. Gradients of
/// an element that is taken several times add up. Throws ShapeError "[gather] ..." when shapes or types do not fit or an index is not
/// within the axis (all three operations).
Variable gather(const Variable& x, int axis, const Tensor& index);

/// y = x, then y[.., index[.., i, ..], ..] += source[.., i, ..] in the order of i. `index` has the shape of `source`, which is x's but for
/// the axis.
Variable scatter_add(const Variable& x, int axis, const Tensor& index, const Variable& source);

/// y = x, then y[.., index[.., i, ..], ..] = source[.., i, ..] in the order of i: of several with one place the last stays, and alone has a
/// gradient.
Variable scatter(const Variable& x, int axis, const Tensor& index, const Variable& source);

/// The entries `index` ([K], i64) of `axis`, whole: y has K of them, in that order. Gradients add up.
Variable index_select(const Variable& x, int axis, const Tensor& index);

}  // namespace fovea
