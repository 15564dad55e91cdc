// AdaGrad: rates that shrink with the gradients that a weight has seen.
#pragma once

#include "fovea/training/optimizer.hpp"

namespace fovea {

struct AdagradOptions {
  double rate_decay = 0;    ///< the rate of step t, from 1, is divided by 1 + (t - 1) rate_decay
  double initial_sum = 0;   ///< what the sums of squares begin with
  double epsilon = 1e-10;   ///< outside the root
  double weight_decay = 0;  ///< adds weight_decay * w to the gradient
  bool decay_biases_and_norms = false;
};

/// g' = g + weight_decay w;  s = s + g'^2;  w -= rate g' / (sqrt(s) + epsilon). Duchi, Hazan and Singer 2011, figure 1 (diagonal).
/// Throws OptionError on negative values, or when neither epsilon nor the initial sum is positive.
class Adagrad final : public Optimizer {
 public:
  explicit Adagrad(std::vector<NamedParameter> parameters, const AdagradOptions& options = {});

 private:
  void update(std::span<const Update> updates) override;
  void visit_parameter_state(std::size_t index, const TensorSpec& spec, StateArchive archive) override;

  struct State {
    Tensor square_sum;
    std::int64_t steps = 0;
  };
  AdagradOptions options_;
  std::vector<State> states_;
};

}  // namespace fovea
