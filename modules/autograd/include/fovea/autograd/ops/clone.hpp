// A copy that gradients flow through.
#pragma once

#include "fovea/autograd/variable.hpp"

namespace fovea {

/// Own memory, the same history: changing the copy in place does not touch x. (Variable::detach() is the opposite: the same memory, no
/// history.)
Variable clone(const Variable& x);

}  // namespace fovea
