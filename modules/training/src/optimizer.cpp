#include "fovea/training/optimizer.hpp"

namespace fovea {

void Optimizer::step(double learning_rate) {
  for (std::size_t i = 0; i < parameters_.size(); ++i) {
    const Variable& variable = parameters_[i].variable;
    if (!variable.grad().defined()) continue;
    Tensor weight = variable.value();
    update(i, learning_rate, variable.grad(), weight);
  }
}

void Optimizer::clear_grad() {
  for (NamedParameter& parameter : parameters_) parameter.variable.clear_grad();
}

bool decays(const NamedParameter& parameter, bool decay_biases_and_norms) {
  return decay_biases_and_norms || parameter.variable.shape().rank() > 1;
}

}  // namespace fovea
