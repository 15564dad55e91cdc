// What changes the parameters.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "fovea/nn/module.hpp"
#include "fovea/training/parameter_group.hpp"
#include "fovea/training/training_state.hpp"

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

  /// Settings of their own for some parameters; the first group whose pattern matches a name counts, other parameters keep the optimiser's.
  /// Throws OptionError when a pattern matches no parameter, or on a negative factor or decay.
  void set_groups(const std::vector<ParameterGroup>& groups);

  /// Saves or loads what it remembers, parameter by parameter. Its options are not part of that: they come from where they came from.
  void visit_state(const StateArchive& archive);

 protected:
  /// `weight_decay` goes to every parameter that decays().
  explicit Optimizer(std::vector<NamedParameter> parameters, double weight_decay = 0, bool decay_biases_and_norms = false);

  struct Update {
    std::size_t index;  ///< of the parameter
    Tensor gradient, weight;
    double rate, weight_decay;
  };
  /// Updates the weights in place, all in one pass.
  virtual void update(std::span<const Update> updates) = 0;
  /// What is remembered of one parameter, whose shape and type are `spec`: tensors that its updates change, a number of steps.
  virtual void visit_parameter_state(std::size_t /*index*/, const TensorSpec& /*spec*/, StateArchive /*archive*/) {}

 private:
  struct Settings {
    double rate_factor, weight_decay;
    bool frozen;
  };
  std::vector<NamedParameter> parameters_;
  std::vector<Settings> settings_, usual_settings_;  // by parameter: with groups, and without
};

/// Whether weight decay applies to a parameter: to weights of two or more axes, and to biases and norms (one axis) only if asked.
bool decays(const NamedParameter& parameter, bool decay_biases_and_norms);

}  // namespace fovea
