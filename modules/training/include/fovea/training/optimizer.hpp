// What changes the parameters.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "fovea/nn/module.hpp"

namespace fovea {

/// Base of the optimisers. Parameters without a gradient are left as they are.
class Optimizer {
 public:
  virtual ~Optimizer() = default;

  /// One update of every parameter that has a gradient, at the given learning rate.
  void step(double learning_rate);
  void clear_grad();
  const std::vector<NamedParameter>& parameters() const { return parameters_; }

 protected:
  explicit Optimizer(std::vector<NamedParameter> parameters) : parameters_(std::move(parameters)) {}

  /// Updates parameter `index` in place.
  virtual void update(std::size_t index, double learning_rate, const Tensor& gradient, Tensor& weight) = 0;

 private:
  std::vector<NamedParameter> parameters_;
};

/// Whether weight decay applies to a parameter: to weights of two or more axes, and to biases and norms (one axis) only if asked.
bool decays(const NamedParameter& parameter, bool decay_biases_and_norms);

}  // namespace fovea
