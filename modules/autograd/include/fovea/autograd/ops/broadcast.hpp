// The same values repeated along axes.
#pragma once

#include "fovea/autograd/variable.hpp"

namespace fovea {

/// x repeated to `shape`: axes meet from the last on; those of one entry, and those that x does not have, are repeated. The gradient is the
/// sum over the repetitions. Throws ShapeError "[broadcast_to] ..." when an axis has another extent. +, -, * and / broadcast by themselves.
Variable broadcast_to(const Variable& x, const Shape& shape);

}  // namespace fovea
