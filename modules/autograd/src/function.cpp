#include "fovea/autograd/function.hpp"

#include <fmt/format.h>

#include <utility>

#include "fovea/base/error.hpp"
#include "fovea/kernels/trace.hpp"
#include "node.hpp"

namespace fovea {

namespace {

thread_local Recorder* t_recorder = nullptr;

detail::Edge edge_to(const Variable& input) {
  const auto& state = GraphAccess::state(input);
  if (!input.requires_grad()) return {};
  if (state->producer != nullptr) return {.node = state->producer, .output_index = state->output_index, .leaf = nullptr};
  return {.node = nullptr, .output_index = 0, .leaf = state};
}

}  // namespace

SavedTensor::SavedTensor(const Tensor& tensor)
    : version_(tensor.storage().version()), spec_(tensor.spec()), original_(tensor), recipe_(tensor.storage().recipe()) {
  const bool is_whole = tensor.bytes() == tensor.storage().bytes();
  if (!is_whole) recipe_ = nullptr;
  if (recipe_ == nullptr) tensor_ = tensor;
}

const Tensor& SavedTensor::get(const char* reader) const {
  if (recipe_ != nullptr) {
    if (tensor_.defined()) return tensor_;
    tensor_ = original_.lock();
    // Memory that was changed in place is of no use, but nothing is lost either.
    if (!tensor_.defined() || tensor_.storage().version() != version_) tensor_ = recipe_->compute().reshape(spec_.shape);
    return tensor_;
  }
  if (!tensor_.defined()) return tensor_;
  const Storage& storage = tensor_.storage();
  if (storage.version() != version_)
    throw Error(fmt::format(
        "[{}] saved a tensor of shape {} for its backward pass, but [{}] has changed it in place since (version {}, saved at {})", reader,
        tensor_.shape().to_string(), storage.last_writer(), storage.version(), version_));
  return tensor_;
}

Tensor Function::take(SavedTensor& saved) const {
  Tensor tensor = saved.get(name());
  if (!graph_is_kept_) saved = {};
  return tensor;
}

std::vector<Variable> apply(std::unique_ptr<Function> function, std::span<const Variable> inputs) {
  std::vector<Tensor> tensors;
  std::vector<TensorSpec> specs;
  std::vector<bool> needs;
  bool wanted = false;
  for (const Variable& input : inputs) {
    if (!input.defined()) throw ShapeError(fmt::format("[{}] input {} is undefined", function->name(), tensors.size()));
    tensors.push_back(input.value());
    specs.push_back(input.value().spec());
    needs.push_back(input.requires_grad());
    wanted = wanted || input.requires_grad();
  }
  const bool record = wanted && grad_enabled();
  if (record) GraphAccess::set_needs_gradient(*function, std::move(needs));

  std::vector<TensorSpec> output_specs = function->infer(specs);
  const kernels::Trace trace(kernels::TraceLevel::operations);
  std::vector<Tensor> results = function->forward(tensors, output_specs);
  if (results.size() != output_specs.size())
    throw Error(fmt::format("[{}] forward gave {} outputs, infer promised {}", function->name(), results.size(), output_specs.size()));

  if (trace && !results.empty())
    trace.print(fmt::format("{} forward {} {}", function->name(), name_of(results[0].dtype()), results[0].shape().to_string()));

  Function& applied = *function;
  std::shared_ptr<detail::Node> node;
  if (record) {
    std::vector<detail::Edge> edges;
    for (const Variable& input : inputs) edges.push_back(edge_to(input));
    node = std::make_shared<detail::Node>(std::move(function), std::move(edges), std::move(output_specs));
  }
  std::vector<Variable> outputs;
  for (std::size_t i = 0; i < results.size(); ++i) {
    auto state = std::make_shared<detail::VariableState>();
    state->requires_grad = record && is_floating(results[i].dtype());
    state->value = std::move(results[i]);
    if (state->requires_grad) {
      state->producer = node;
      state->output_index = i;
    }
    outputs.push_back(GraphAccess::make(std::move(state)));
  }
  if (t_recorder != nullptr) t_recorder->record(applied, inputs, outputs);
  return outputs;
}

RecorderGuard::RecorderGuard(Recorder& recorder) : previous_(std::exchange(t_recorder, &recorder)) {}
RecorderGuard::~RecorderGuard() { t_recorder = previous_; }

}  // namespace fovea
