#include "node.hpp"

#include <atomic>
#include <utility>

namespace fovea::detail {

namespace {

std::atomic<std::uint64_t> next_sequence = 0;  // shared by all threads, so that graphs may be built across them

}  // namespace

Node::Node(std::unique_ptr<Function> applied, std::vector<Edge> edges, std::vector<TensorSpec> specs)
    : sequence(next_sequence++), name(applied->name()), function(std::move(applied)), inputs(std::move(edges)), outputs(std::move(specs)) {}

// A long chain must not be destroyed recursively: nodes that only this one holds are emptied before they go.
Node::~Node() { release(); }

void Node::release() {
  function.reset();
  std::vector<Edge> pending = std::move(inputs);
  inputs.clear();
  while (!pending.empty()) {
    const Edge edge = std::move(pending.back());
    pending.pop_back();
    if (edge.node == nullptr || edge.node.use_count() > 1) continue;
    edge.node->function.reset();
    std::vector<Edge> further = std::move(edge.node->inputs);
    edge.node->inputs.clear();
    for (Edge& next : further) pending.push_back(std::move(next));
  }
}

}  // namespace fovea::detail
