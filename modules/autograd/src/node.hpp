// The tape: who computed a value, from what.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "fovea/autograd/function.hpp"
#include "fovea/autograd/variable.hpp"

namespace fovea::detail {

struct VariableState {
  Tensor value;
  Tensor grad;
  bool requires_grad = false;
  std::shared_ptr<Node> producer;  // null for leaves
  std::size_t output_index = 0;    // which output of the producer
};

/// Where the gradient of an input goes: to an output of another node, to a leaf, or nowhere.
struct Edge {
  std::shared_ptr<Node> node;
  std::size_t output_index = 0;
  std::shared_ptr<VariableState> leaf;
};

/// One recorded application of a function.
class Node {
 public:
  Node(std::unique_ptr<Function> applied, std::vector<Edge> edges, std::vector<TensorSpec> specs);
  ~Node();
  Node(const Node&) = delete;
  Node& operator=(const Node&) = delete;

  /// Drops the function with its saved tensors, and the edges.
  void release();

  /// Larger than that of every node it depends on: descending order is a topological order.
  const std::uint64_t sequence;
  const char* const name;
  std::unique_ptr<Function> function;  // null once released
  std::vector<Edge> inputs;
  const std::vector<TensorSpec> outputs;
};

}  // namespace fovea::detail

namespace fovea {

/// The engine's way into variables and functions.
class GraphAccess {
 public:
  static const std::shared_ptr<detail::VariableState>& state(const Variable& variable) { return variable.state_; }
  static Variable make(std::shared_ptr<detail::VariableState> state) {
    Variable variable;
    variable.state_ = std::move(state);
    return variable;
  }
  static void set_graph_is_kept(Function& function, bool kept) { function.graph_is_kept_ = kept; }
  static void set_needs_gradient(Function& function, std::vector<bool> needs) { function.needs_gradient_ = std::move(needs); }
};

}  // namespace fovea
