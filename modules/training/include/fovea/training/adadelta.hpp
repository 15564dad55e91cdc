// Adadelta: steps in the units of the weights.
#pragma once

#include "fovea/training/optimizer.hpp"

namespace fovea {

struct AdadeltaOptions {
  double rho = 0.9;         ///< of the moving averages
  double epsilon = 1e-6;    ///< inside both roots
  double weight_decay = 0;  ///< adds weight_decay * w to the gradient
  bool decay_biases_and_norms = false;
};

/// g' = g + weight_decay w;  s = rho s + (1-rho) g'^2;  d = sqrt(u + epsilon) / sqrt(s + epsilon) g';  u = rho u + (1-rho) d^2;
/// w -= rate d; the usual rate is 1. Zeiler 2012, algorithm 1. Throws OptionError on values out of range.
class Adadelta final : public Optimizer {
 public:
  explicit Adadelta(std::vector<NamedParameter> parameters, const AdadeltaOptions& options = {});

 private:
  void update(std::span<const Update> updates) override;
  void visit_parameter_state(std::size_t index, const TensorSpec& spec, StateArchive archive) override;

  struct State {
    Tensor square_average, delta_average;
  };
  AdadeltaOptions options_;
  std::vector<State> states_;
};

}  // namespace fovea
