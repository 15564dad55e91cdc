// RMSProp: gradients divided by their recent size.
#pragma once

#include "fovea/training/optimizer.hpp"

namespace fovea {

struct RmspropOptions {
  double alpha = 0.99;      ///< of the moving averages
  double epsilon = 1e-8;    ///< outside the root
  double momentum = 0;      ///< v = momentum v + g / d; w -= rate v
  bool centered = false;    ///< divides by the deviation instead of the root mean square
  double weight_decay = 0;  ///< adds weight_decay * w to the gradient
  bool decay_biases_and_norms = false;
};

/// g' = g + weight_decay w;  s = alpha s + (1-alpha) g'^2;  w -= rate g' / (sqrt(s) + epsilon). Tieleman and Hinton 2012, lecture 6e;
/// centred and with momentum: Graves 2013, section 4.2. Throws OptionError on values out of range.
class Rmsprop final : public Optimizer {
 public:
  explicit Rmsprop(std::vector<NamedParameter> parameters, const RmspropOptions& options = {});

 private:
  void update(std::span<const Update> updates) override;
  void visit_parameter_state(std::size_t index, const TensorSpec& spec, StateArchive archive) override;

  struct State {
    Tensor square_average, gradient_average, velocity;
  };
  RmspropOptions options_;
  std::vector<State> states_;
};

}  // namespace fovea
