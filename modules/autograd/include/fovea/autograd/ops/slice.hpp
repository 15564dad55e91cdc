// Parts of a tensor along one axis.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <span>
#include <vector>

#include "fovea/autograd/variable.hpp"

namespace fovea {

/// The entries [begin, end) along `axis` (negative ones count from the end): a view where every axis in front has one entry, else a copy.
/// The gradient outside is zero. Throws ShapeError "[slice] ..." unless 0 <= begin <= end <= extent.
Variable slice(const Variable& x, int axis, std::int64_t begin, std::int64_t end);

/// The parts of `sizes` entries each along `axis`, one behind the other; their sum is the axis' extent. One operation: gradients of the
/// parts come together without ever being as large as x each. Throws ShapeError "[split] ..." otherwise.
std::vector<Variable> split(const Variable& x, int axis, std::span<const std::int64_t> sizes);
inline std::vector<Variable> split(const Variable& x, int axis, std::initializer_list<std::int64_t> sizes) {
  return split(x, axis, std::span(sizes.begin(), sizes.size()));
}
/// `parts` parts of equal size, which must divide the axis' extent.
std::vector<Variable> split_evenly(const Variable& x, int axis, std::int64_t parts);

}  // namespace fovea
