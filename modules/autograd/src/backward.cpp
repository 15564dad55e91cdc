// The engine: walks the tape from the output back, newest node first.
#include <fmt/format.h>

#include <queue>
#include <unordered_map>
#include <utility>
#include <vector>

#include "fovea/autograd/backward_observer.hpp"
#include "fovea/base/error.hpp"
#include "fovea/kernels/kernel_table.hpp"
#include "fovea/kernels/trace.hpp"
#include "fovea/tensor/dispatch.hpp"
#include "node.hpp"

namespace fovea {

namespace {

using detail::Edge;
using detail::Node;
using detail::VariableState;

thread_local BackwardObserver* t_observer = nullptr;

/// Adds `gradient` to `sum`, or makes it the sum if there is none yet. Gradients may share memory with each other (the backward of an
/// addition hands one tensor to both sides) and with tensors that users hold: only memory that nobody else holds is overwritten.
void accumulate(Tensor& sum, Tensor gradient) {
  if (!sum.defined()) {
    sum = std::move(gradient);
    return;
  }
  Tensor y = !sum.is_shared() ? sum : !gradient.is_shared() ? gradient : Tensor::empty(sum.shape(), sum.dtype(), sum.device());
  dispatch_activation(sum.dtype(), "add", [&]<class T>() {
    kernels::table(sum.device())
        .of<T>()
        .elementwise.add(kernels::Context::current(), sum.numel(), sum.data<T>(), gradient.data<T>(), y.mutable_data<T>());
  });
  y.storage().bump_version("backward");  // a recipe may lead here (SavedTensor)
  sum = std::move(y);
}

void accumulate_into_leaf(VariableState& leaf, Tensor gradient) {
  if (leaf.grad.defined() && leaf.grad.spec() != gradient.spec())
    throw ShapeError(fmt::format("a leaf was given the gradient {} {}, but a backward pass adds {} {}", name_of(leaf.grad.dtype()),
                                 leaf.grad.shape().to_string(), name_of(gradient.dtype()), gradient.shape().to_string()));
  if (!leaf.grad.defined() && gradient.is_shared()) gradient = gradient.clone();  // a leaf's gradient is its owner's to change
  accumulate(leaf.grad, std::move(gradient));
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
    std::vector<Tensor> output_gradients = std::move(gradients_.at(&node));
    gradients_.erase(&node);
    GraphAccess::set_graph_is_kept(*node.function, options_.retain_graph);
    const kernels::Trace trace(kernels::TraceLevel::operations);
    std::vector<Tensor> input_gradients = node.function->backward(output_gradients);
    if (trace) trace.print(fmt::format("{} backward {} {}", node.name, name_of(node.outputs[0].dtype), node.outputs[0].shape.to_string()));
    if (input_gradients.size() != node.inputs.size())
      throw Error(fmt::format("[{}] backward gave {} gradients for {} inputs", node.name, input_gradients.size(), node.inputs.size()));
    for (std::size_t i = 0; i < input_gradients.size(); ++i)
      if (node.inputs[i].node == nullptr && node.inputs[i].leaf == nullptr) input_gradients[i] = {};
    if (t_observer != nullptr) t_observer->observe_backward(*node.function, input_gradients);
    // Everything that nobody needs any more goes first: its memory serves the sums, and sums in place want what nobody else holds.
    output_gradients.clear();
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

BackwardObserverGuard::BackwardObserverGuard(BackwardObserver& observer) : previous_(std::exchange(t_observer, &observer)) {}
BackwardObserverGuard::~BackwardObserverGuard() { t_observer = previous_; }

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
