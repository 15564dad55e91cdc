// Batch normalisation with what follows it in most networks: the one place to change when the two become one operation.
#pragma once

#include "fovea/autograd/ops/arithmetic.hpp"
#include "fovea/autograd/ops/relu.hpp"
#include "fovea/nn/batch_norm.hpp"

namespace fovea {

/// relu(norm(x))
inline Variable norm_relu(BatchNorm2d& norm, const Variable& x) { return relu(norm(x)); }

/// relu(norm(x) + shortcut), the end of a residual block
inline Variable norm_add_relu(BatchNorm2d& norm, const Variable& x, const Variable& shortcut) { return relu(norm(x) + shortcut); }

}  // namespace fovea
