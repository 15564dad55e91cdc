#include "fovea/nn/module.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <utility>

#include "fovea/base/error.hpp"

namespace fovea {

namespace {

std::string join(const std::string& prefix, const std::string& name) { return prefix.empty() ? name : prefix + "." + name; }

/// FNV-1a: a number for a name, the same everywhere.
std::uint64_t hash_of(const std::string& name) {
  std::uint64_t hash = 0xCBF29CE484222325;
  for (const char c : name) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001B3;
  return hash;
}

thread_local const Module* t_running_layer = nullptr;

constexpr std::uint64_t kConstructionSeed = 0x666F766561;  // any constant that initialize() is not usually called with

}  // namespace

Variable& Module::register_parameter(std::string name, Tensor value, Variable& member, FileLayout layout) {
  member = Variable(std::move(value), true);
  parameters_.push_back({std::move(name), &member, layout});
  return member;
}

Tensor& Module::register_buffer(std::string name, Tensor value, Tensor& member) {
  member = std::move(value);
  buffers_.push_back({std::move(name), &member});
  return member;
}

void Module::register_module(std::string name, Module& child) {
  const bool taken = std::any_of(children_.begin(), children_.end(), [&](const ChildEntry& entry) { return entry.name == name; });
  if (taken) throw OptionError(fmt::format("a module has two children named \"{}\"", name));
  children_.push_back({std::move(name), &child});
}

void Module::append_state(const std::string& prefix, StateDict& state) const {
  for (const auto& entry : parameters_) state.push_back({join(prefix, entry.name), entry.variable->value(), entry.layout});
  for (const auto& entry : buffers_) state.push_back({join(prefix, entry.name), *entry.tensor, {}});
  for (const auto& entry : children_) entry.module->append_state(join(prefix, entry.name), state);
}

StateDict Module::state_dict() const {
  StateDict state;
  append_state("", state);
  return state;
}

void Module::append_parameters(const std::string& prefix, std::vector<NamedParameter>& list) const {
  for (const auto& entry : parameters_) list.push_back({join(prefix, entry.name), *entry.variable, entry.layout});
  for (const auto& entry : children_) entry.module->append_parameters(join(prefix, entry.name), list);
}

std::vector<NamedParameter> Module::parameters() const {
  std::vector<NamedParameter> list;
  append_parameters("", list);
  return list;
}

void Module::register_stream(std::string name, RandomStream& member) { streams_.push_back({std::move(name), &member}); }

void Module::append_streams(const std::string& prefix, std::vector<NamedStream>& list) const {
  for (const NamedStream& entry : streams_) list.push_back({join(prefix, entry.name), entry.stream});
  for (const auto& entry : children_) entry.module->append_streams(join(prefix, entry.name), list);
}

std::vector<NamedStream> Module::random_streams() const {
  std::vector<NamedStream> list;
  append_streams("", list);
  return list;
}

std::int64_t Module::parameter_count() const {
  std::int64_t count = 0;
  for (const NamedParameter& parameter : parameters()) count += parameter.variable.shape().numel();
  return count;
}

void Module::train(bool training) {
  visit([training](const std::string&, Module& module) { module.training_ = training; });
}

void Module::clear_grad() {
  for (NamedParameter& parameter : parameters()) parameter.variable.clear_grad();
}

void Module::to(DType dtype) {
  if (dtype != DType::f32 && dtype != DType::f64) throw OptionError(fmt::format("parameters are f32 or f64, found {}", name_of(dtype)));
  visit([dtype](const std::string&, Module& module) {
    for (auto& entry : module.parameters_) {
      entry.variable->set_value(entry.variable->value().to(dtype));
      entry.variable->clear_grad();
    }
    for (auto& entry : module.buffers_)
      if (is_floating(entry.tensor->dtype())) *entry.tensor = entry.tensor->to(dtype);
  });
}

void Module::visit_from(const std::string& prefix, const std::function<void(const std::string&, Module&)>& visitor) {
  visitor(prefix, *this);
  for (const auto& entry : children_) entry.module->visit_from(join(prefix, entry.name), visitor);
}

void Module::visit(const std::function<void(const std::string&, Module&)>& visitor) { visit_from("", visitor); }

RunningLayer::RunningLayer(const Module& layer) : outer_(std::exchange(t_running_layer, &layer)) {}
RunningLayer::~RunningLayer() { t_running_layer = outer_; }
const Module* RunningLayer::current() { return t_running_layer; }

void initialize(Module& module, std::uint64_t seed) {
  module.visit([seed](const std::string& name, Module& part) {
    RandomStream stream(seed, hash_of(name));
    part.reset_parameters(stream);
  });
}

RandomStream construction_stream() {
  static std::atomic<std::uint64_t> constructed = 0;
  return RandomStream(kConstructionSeed, constructed++);
}

}  // namespace fovea
