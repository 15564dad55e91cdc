#include "fovea/training/optimizer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "fovea/base/error.hpp"
#include "fovea/base/text.hpp"

namespace fovea {

Optimizer::Optimizer(std::vector<NamedParameter> parameters, double weight_decay, bool decay_biases_and_norms) {
  for (NamedParameter& parameter : parameters) {
    const auto is_same = [&](const NamedParameter& other) { return &other.variable.value() == &parameter.variable.value(); };
    if (std::none_of(parameters_.begin(), parameters_.end(), is_same)) parameters_.push_back(std::move(parameter));
  }
  for (const NamedParameter& parameter : parameters_)
    usual_settings_.push_back(
        {.rate_factor = 1, .weight_decay = decays(parameter, decay_biases_and_norms) ? weight_decay : 0, .frozen = false});
  settings_ = usual_settings_;
}

void Optimizer::set_groups(const std::vector<ParameterGroup>& groups) {
  for (const ParameterGroup& group : groups) {
    select_parameters(parameters_, group.pattern);  // throws when there are none
    if (!(group.rate_factor >= 0) || !std::isfinite(group.rate_factor))
      throw OptionError(fmt::format("group \"{}\": the rate's factor is at least 0, found {}", group.pattern, group.rate_factor));
    if (group.weight_decay && !(*group.weight_decay >= 0))
      throw OptionError(fmt::format("group \"{}\": weight decay is at least 0, found {}", group.pattern, *group.weight_decay));
  }
  settings_ = usual_settings_;
  for (std::size_t i = 0; i < parameters_.size(); ++i) {
    const auto group = std::find_if(groups.begin(), groups.end(),
                                    [&](const auto& candidate) { return matches_pattern(parameters_[i].name, candidate.pattern); });
    if (group == groups.end()) continue;
    settings_[i].rate_factor = group->rate_factor;
    settings_[i].weight_decay = group->weight_decay.value_or(settings_[i].weight_decay);
    settings_[i].frozen = group->frozen;
  }
}

void Optimizer::step(double learning_rate) {
  std::vector<Update> updates;
  for (std::size_t i = 0; i < parameters_.size(); ++i) {
    const Tensor &weight = parameters_[i].variable.value(), &gradient = parameters_[i].variable.grad();
    if (!gradient.defined() || settings_[i].frozen) continue;
    if (gradient.spec() != weight.spec())
      throw ShapeError(fmt::format("parameter \"{}\" is {} {} but its gradient {} {}", parameters_[i].name, name_of(weight.dtype()),
                                   weight.shape().to_string(), name_of(gradient.dtype()), gradient.shape().to_string()));
    updates.push_back({i, gradient, weight, learning_rate * settings_[i].rate_factor, settings_[i].weight_decay});
  }
  if (!updates.empty()) update(updates);
}

void Optimizer::clear_grad() {
  for (NamedParameter& parameter : parameters_) parameter.variable.clear_grad();
}

void Optimizer::visit_state(const StateArchive& archive) {
  for (std::size_t i = 0; i < parameters_.size(); ++i)
    visit_parameter_state(i, parameters_[i].variable.value().spec(), archive.part(parameters_[i].name));
}

bool decays(const NamedParameter& parameter, bool decay_biases_and_norms) {
  return decay_biases_and_norms || parameter.variable.shape().rank() > 1;
}

}  // namespace fovea
