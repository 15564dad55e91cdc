// Sums, means and maxima along axes.
#pragma once

#include <initializer_list>
#include <span>

#include "fovea/autograd/variable.hpp"

namespace fovea {

/// The sum over `axes` (negative ones count from the end, each at most once), which are left out of the result's shape, or stay with one
/// entry when `keep`. In a fixed order, in f32 or f64; bf16 is rounded at the end. Throws ShapeError "[sum_over] ..." for an axis that does
/// not exist.
Variable sum_over(const Variable& x, std::span<const int> axes, bool keep = false);
inline Variable sum_over(const Variable& x, std::initializer_list<int> axes, bool keep = false) {
  return sum_over(x, std::span(axes.begin(), axes.size()), keep);
}

/// The same divided by the number of terms. Throws ShapeError when there are none.
Variable mean_over(const Variable& x, std::span<const int> axes, bool keep = false);
inline Variable mean_over(const Variable& x, std::initializer_list<int> axes, bool keep = false) {
  return mean_over(x, std::span(axes.begin(), axes.size()), keep);
}

/// The maximum along one axis, a NaN before all numbers; the gradient goes to the first. f32 or f64. Throws ShapeError when the axis has no
/// entries.
Variable max_over(const Variable& x, int axis, bool keep = false);

}  // namespace fovea
