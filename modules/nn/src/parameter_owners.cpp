#include "fovea/nn/parameter_owners.hpp"

namespace fovea {

std::string layer_of(const std::string& parameter) {
  const std::size_t dot = parameter.rfind('.');
  return dot == std::string::npos ? "" : parameter.substr(0, dot);
}

ParameterOwners::ParameterOwners(const Module& network) {
  for (const NamedParameter& parameter : network.parameters()) layers_[parameter.variable.value().raw_data()] = layer_of(parameter.name);
}

const std::string* ParameterOwners::find(const Variable& input) const {
  const auto found = layers_.find(input.value().raw_data());
  return found == layers_.end() ? nullptr : &found->second;
}

}  // namespace fovea
