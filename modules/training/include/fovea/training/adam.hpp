// Adam, with weight decay in the gradient.
#pragma once

#include "fovea/training/optimizer.hpp"

namespace fovea {

struct AdamOptions {
  double beta1 = 0.9, beta2 = 0.999;
  double epsilon = 1e-8;
  /// sqrt(v / (1-b2^t) + epsilon) instead of sqrt(v / (1-b2^t)) + epsilon.
  bool epsilon_in_root = false;
  /// Divides by the largest second moment so far (AMSGrad).
  bool amsgrad = false;
  double weight_decay = 0;  ///< adds weight_decay * w to the gradient; AdamW decays apart from it
  bool decay_biases_and_norms = false;
};

/// g' = g + weight_decay w;  m = b1 m + (1-b1) g';  v = b2 v + (1-b2) g'^2;  w -= rate m / (1-b1^t) / (sqrt(v / (1-b2^t)) + epsilon).
/// Kingma and Ba 2015, algorithm 1; AMSGrad: Reddi, Kale and Kumar 2018, algorithm 2. Throws OptionError on values out of range.
class Adam final : public Optimizer {
 public:
  explicit Adam(std::vector<NamedParameter> parameters, const AdamOptions& options = {});

 private:
  void update(std::span<const Update> updates) override;
  void visit_parameter_state(std::size_t index, const TensorSpec& spec, StateArchive archive) override;

  struct State {
    Tensor first_moment, second_moment, largest_moment;
    std::int64_t steps = 0;
  };
  AdamOptions options_;
  std::vector<State> states_;
};

}  // namespace fovea
