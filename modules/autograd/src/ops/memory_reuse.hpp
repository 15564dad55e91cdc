// Results that take over the memory of an operand which nobody else can read any more.
#pragma once

#include "fovea/tensor/tensor.hpp"
#include "node.hpp"

namespace fovea {

/// Whether an operation may overwrite the value of its argument `x`: the handle is the last one on the variable, and nothing else holds
/// the memory, be it another variable, a view, or the saved tensor of the operation that made it. Then nobody can see the difference.
/// Operations take such arguments by value: a temporary or a moved variable is handed over, a copy is not.
inline bool is_last_use(const Variable& x) {
  if (!x.defined() || GraphAccess::state(x).use_count() > 1 || x.value().is_shared()) return false;
  return !(x.is_leaf() && x.requires_grad());  // the graph refers to a leaf itself, for its gradient
}

/// Memory for a gradient that is computed element by element from `dy`: that of dy if nothing else holds it.
inline Tensor gradient_like(const Tensor& dy) {
  if (dy.is_shared()) return Tensor::empty(dy.shape(), dy.dtype(), dy.device());
  dy.storage().bump_version("backward");  // a recipe may lead here (SavedTensor)
  return dy;
}

}  // namespace fovea
