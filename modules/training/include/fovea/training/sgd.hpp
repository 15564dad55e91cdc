// Stochastic gradient descent with momentum.
#pragma once

#include "fovea/training/optimizer.hpp"

namespace fovea {

struct SgdOptions {
  double momentum = 0.9;
  /// 0: v = momentum v + g. Equal to the momentum: v is a moving average of gradients.
  double dampening = 0;
  /// Looks ahead: w -= rate (g + momentum v). Wants a momentum and no dampening.
  bool nesterov = false;
  /// The older convention: v = momentum v - rate g'; w += v. Differs when the rate changes: what is in v keeps the rate that it came with.
  /// Wants a momentum and no dampening.
  bool rate_in_velocity = false;
  double weight_decay = 0;  ///< adds weight_decay * w to the gradient
  bool decay_biases_and_norms = false;
};

/// g' = g + weight_decay w;  v = momentum v + (1 - dampening) g' (v = g' at first);  w -= rate v.
/// With the rate inside the velocity: v = momentum v - rate g' (v = -rate g' at first);  w += v, and with nesterov w += momentum v - rate
/// g'. Sutskever et al. 2013, equations 1 to 4. Throws OptionError on values outside [0, 1) for momentum, [0, 1] for dampening or a
/// negative decay.
class Sgd final : public Optimizer {
 public:
  explicit Sgd(std::vector<NamedParameter> parameters, const SgdOptions& options = {});

 private:
  void update(std::span<const Update> updates) override;
  void visit_parameter_state(std::size_t index, const TensorSpec& spec, StateArchive archive) override;

  SgdOptions options_;
  std::vector<Tensor> velocities_;
};

}  // namespace fovea
