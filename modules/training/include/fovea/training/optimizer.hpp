// What changes the parameters.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "fovea/nn/module.hpp"

namespace fovea {

/// Base of the optimisers. Parameters without a gradient are left as they are. A variable that is listed twice (tied weights) counts once.
class Optimizer {
 public:
  virtual ~Optimizer() = default;

  /// One update of every parameter that has a gradient, at the given learning rate. Throws ShapeError naming a parameter whose gradient
  /// is of another shape or type.
  void step(double learning_rate);
  void clear_grad();
  const std::vector<NamedParameter>& parameters() const { return parameters_; }

 protected:
  explicit Optimizer(std::vector<NamedParameter> parameters);

  struct Update {
    std::size_t index;  ///< of the parameter
    Tensor gradient, weight;
  };
  /// Updates the weights in place, all in one pass.
  virtual void update(std::span<const Update> updates, double learning_rate) = 0;

 private:
  std::vector<NamedParameter> parameters_;
};

/// Whether weight decay applies to a parameter: to weights of two or more axes, and to biases and norms (one axis) only if asked.
bool decays(const NamedParameter& parameter, bool decay_biases_and_norms);

}  // namespace fovea
