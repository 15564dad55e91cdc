// The engine: walks the tape from the output back, newest node first.
#include <fmt/format.h>

#include <queue>
#include <unordered_map>
#include <vector>

#include "fovea/base/error.hpp"
#include "fovea/kernels/kernel_table.hpp"
#include "fovea/tensor/dispatch.hpp"
#include "node.hpp"

namespace fovea {

namespace {

using detail::Edge;
using detail::Node;
using detail::VariableState;

Tensor sum_of(const Tensor& a, const Tensor& b) {
  Tensor y = Tensor::empty(a.shape(), a.dtype());
  dispatch_activation(a.dtype(), "add", [&]<class T>() {
    kernels::table().of<T>().elementwise.add(kernels::Context::current(), a.numel(), a.data<T>(), b.data<T>(), y.mutable_data<T>());
  });
  return y;
}

/// Gradients may share memory with each other (the backward of an addition hands one tensor to both sides), so sums are new tensors.
void accumulate(Tensor& sum, Tensor gradient) { sum = sum.defined() ? sum_of(sum, gradient) : std::move(gradient); }

void accumulate_into_leaf(VariableState& leaf, Tensor gradient) {
  if (leaf.grad.defined() && leaf.grad.spec() != gradient.spec())
    throw ShapeError(fmt::format("a leaf was given the gradient {} {}, but a backward pass adds {} {}", name_of(leaf.grad.dtype()),
                                 leaf.grad.shape().to_string(), name_of(gradient.dtype()), gradient.shape().to_string()));
  if (leaf.grad.defined())
    leaf.grad = sum_of(leaf.grad, gradient);
  else
    leaf.grad = gradient.is_shared() ? gradient.clone() : std::move(gradient);  // a leaf's gradient is its owner's to change
}

void check_gradient(const Node& consumer, std::size_t input, const TensorSpec& wanted, const Tensor& gradient) {
  if (gradient.spec() == wanted) return;
  throw ShapeError(fmt::format("[{}] backward gave input {} a gradient {} {}, expected {} {}", consumer.name, input,
                               name_of(gradient.dtype()), gradient.shape().to_string(), name_of(wanted.dtype), wanted.shape.to_string()));
}

class BackwardPass {
 public:
  explicit BackwardPass(BackwardOptions options) : options_(options) {}

  void run(const Edge& root, Tensor seed) {
    send(root, std::move(seed));
    while (!queue_.empty()) {
      const std::shared_ptr<Node> node = queue_.top().node;
      queue_.pop();
      run_node(*node);
    }
  }

 private:
  struct Entry {
    std::shared_ptr<Node> node;
    bool operator<(const Entry& other) const { return node->sequence < other.node->sequence; }
  };

  void send(const Edge& edge, Tensor gradient) {
    if (edge.leaf != nullptr) {
      accumulate_into_leaf(*edge.leaf, std::move(gradient));
    } else if (edge.node != nullptr) {
      auto [entry, first] = gradients_.try_emplace(edge.node.get(), edge.node->outputs.size());
      if (first) queue_.push({edge.node});
      accumulate(entry->second[edge.output_index], std::move(gradient));
    }
  }

  void run_node(Node& node) {
    if (node.function == nullptr)
      throw Error(fmt::format("[{}] a second backward pass through a released graph; keep it with retain_graph", node.name));
    const auto entry = gradients_.find(&node);
    const std::vector<Tensor> output_gradients = std::move(entry->second);
    gradients_.erase(entry);
    std::vector<Tensor> input_gradients = node.function->backward(output_gradients);
    if (input_gradients.size() != node.inputs.size())
      throw Error(fmt::format("[{}] backward gave {} gradients for {} inputs", node.name, input_gradients.size(), node.inputs.size()));
    const std::vector<Edge> edges = node.inputs;
    if (!options_.retain_graph) node.release();
    for (std::size_t i = 0; i < edges.size(); ++i) {
      if (!input_gradients[i].defined()) continue;
      const Edge& edge = edges[i];
      if (edge.node != nullptr) check_gradient(node, i, edge.node->outputs[edge.output_index], input_gradients[i]);
      if (edge.leaf != nullptr) check_gradient(node, i, edge.leaf->value.spec(), input_gradients[i]);
      send(edge, std::move(input_gradients[i]));
    }
  }

  BackwardOptions options_;
  std::priority_queue<Entry> queue_;
  std::unordered_map<Node*, std::vector<Tensor>> gradients_;
};

}  // namespace

void backward(const Variable& output, const Tensor& seed, BackwardOptions options) {
  if (!output.requires_grad()) throw Error("backward wants a variable that was computed from one that requires a gradient");
  const Tensor& value = output.value();
  if (!seed.defined() && value.numel() != 1)
    throw ShapeError(
        fmt::format("backward from a variable of shape {} wants a seed gradient; only one element needs none", value.shape().to_string()));
  if (seed.defined() && seed.spec() != value.spec())
    throw ShapeError(fmt::format("backward from {} {} wants a seed of the same kind, found {} {}", name_of(value.dtype()),
                                 value.shape().to_string(), name_of(seed.dtype()), seed.shape().to_string()));
  const NoGradGuard no_grad;
  const auto& state = GraphAccess::state(output);
  const Edge root = state->producer != nullptr ? Edge{state->producer, state->output_index, nullptr} : Edge{nullptr, 0, state};
  BackwardPass(options).run(root, seed.defined() ? seed : Tensor::full(value.shape(), 1, value.dtype()));
}

}  // namespace fovea
