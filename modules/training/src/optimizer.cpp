#include "fovea/training/optimizer.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "fovea/base/error.hpp"

namespace fovea {

Optimizer::Optimizer(std::vector<NamedParameter> parameters) {
  for (NamedParameter& parameter : parameters) {
    const auto is_same = [&](const NamedParameter& other) { return &other.variable.value() == &parameter.variable.value(); };
    if (std::none_of(parameters_.begin(), parameters_.end(), is_same)) parameters_.push_back(std::move(parameter));
  }
}

void Optimizer::step(double learning_rate) {
  std::vector<Update> updates;
  for (std::size_t i = 0; i < parameters_.size(); ++i) {
    const Tensor &weight = parameters_[i].variable.value(), &gradient = parameters_[i].variable.grad();
    if (!gradient.defined()) continue;
    if (gradient.spec() != weight.spec())
      throw ShapeError(fmt::format("parameter \"{}\" is {} {} but its gradient {} {}", parameters_[i].name, name_of(weight.dtype()),
                                   weight.shape().to_string(), name_of(gradient.dtype()), gradient.shape().to_string()));
    updates.push_back({i, gradient, weight});
  }
  if (!updates.empty()) update(updates, learning_rate);
}

void Optimizer::clear_grad() {
  for (NamedParameter& parameter : parameters_) parameter.variable.clear_grad();
}

bool decays(const NamedParameter& parameter, bool decay_biases_and_norms) {
  return decay_biases_and_norms || parameter.variable.shape().rank() > 1;
}

}  // namespace fovea
