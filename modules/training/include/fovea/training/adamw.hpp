// Adam with decoupled weight decay.
#pragma once

#include "fovea/training/optimizer.hpp"

namespace fovea {

struct AdamWOptions {
  double beta1 = 0.9, beta2 = 0.999;
  double epsilon = 1e-8;  ///< outside the root
  double weight_decay = 0.01;
  bool decay_biases_and_norms = false;
};

/// m = b1 m + (1-b1) g;  v = b2 v + (1-b2) g^2;  w -= rate (m / (1-b1^t) / (sqrt(v / (1-b2^t)) + epsilon) + weight_decay w).
/// Loshchilov and Hutter 2019, algorithm 2. Throws OptionError on values out of range.
class AdamW final : public Optimizer {
 public:
  explicit AdamW(std::vector<NamedParameter> parameters, const AdamWOptions& options = {});

 private:
  void update(std::span<const Update> updates) override;
  void visit_parameter_state(std::size_t index, const TensorSpec& spec, StateArchive archive) override;

  struct State {
    Tensor first_moment, second_moment;
    std::int64_t steps = 0;
  };
  AdamWOptions options_;
  std::vector<State> states_;
};

}  // namespace fovea
