// A value that remembers how it was computed.
#pragma once

#include <memory>

#include "fovea/tensor/tensor.hpp"

namespace fovea {

namespace detail {
class Node;
struct VariableState;
}  // namespace detail

/// A handle: copies refer to the same value, gradient and history. A default-constructed variable is undefined.
/// Leaves are made from tensors; everything else is the output of an operation. Assigning to a name gives it a new handle and leaves
/// the old value where other computations use it.
class Variable {
 public:
  Variable() = default;
  /// A leaf. Gradients are accumulated into grad() when `requires_grad` is set, which wants a floating type (ShapeError).
  explicit Variable(Tensor value, bool requires_grad = false);

  bool defined() const { return state_ != nullptr; }
  const Tensor& value() const;
  const Shape& shape() const { return value().shape(); }
  DType dtype() const { return value().dtype(); }
  std::int64_t extent(int axis) const { return value().extent(axis); }
  /// The only element of a variable with one.
  double item() const { return value().item(); }

  /// True when a backward pass reaches this variable: a leaf that asked for it, or something computed from one.
  bool requires_grad() const;
  /// For leaves only (ShapeError otherwise).
  void set_requires_grad(bool requires_grad);
  bool is_leaf() const;

  /// The sum of the gradients of all backward passes since clear_grad(); undefined before the first. Kept for leaves only.
  const Tensor& grad() const;
  Tensor& mutable_grad();
  void clear_grad();

  /// The same memory, without history: no gradient flows through it.
  Variable detach() const;

  /// Replaces the value of a leaf, for instance by a tensor that was loaded.
  void set_value(Tensor value);

 private:
  friend class detail::Node;
  friend struct detail::VariableState;
  friend class GraphAccess;
  std::shared_ptr<detail::VariableState> state_;
};

/// False inside a NoGradGuard: operations then record no history. Per thread.
bool grad_enabled();

/// Switches recording off for its lifetime. Guards nest.
class NoGradGuard {
 public:
  NoGradGuard();
  ~NoGradGuard();
  NoGradGuard(const NoGradGuard&) = delete;
  NoGradGuard& operator=(const NoGradGuard&) = delete;

 private:
  bool previous_;
};

struct BackwardOptions {
  /// Keeps the saved tensors, so that the same graph can be walked again.
  bool retain_graph = false;
};

/// Adds d output / d leaf to the gradient of every leaf that `output` was computed from. `output` has one element, or `seed` is the
/// gradient with respect to it (equal shape and type). Runs in the reverse of the order of computation, iteratively; each node's saved
/// tensors are released as soon as it has run. Throws Error on a second pass through a released graph, and when a saved tensor has
/// been changed in place since.
void backward(const Variable& output, const Tensor& seed = {}, BackwardOptions options = {});

}  // namespace fovea
