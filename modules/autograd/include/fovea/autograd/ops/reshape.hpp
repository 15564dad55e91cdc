// Other shapes of the same elements.
#pragma once

#include <initializer_list>

#include "fovea/autograd/variable.hpp"

namespace fovea {

/// A view; one extent may be -1.
Variable reshape(const Variable& x, std::initializer_list<std::int64_t> extents);
/// A view with the extents of `shape`.
Variable reshape(const Variable& x, const Shape& shape);
/// [N, ...] -> [N, rest]: row-major, so an image batch becomes (height, width, channel) vectors.
Variable flatten(const Variable& x);

}  // namespace fovea
