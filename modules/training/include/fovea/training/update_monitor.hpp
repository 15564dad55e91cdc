// How large the updates of a network's weights are.
#pragma once

#include <string>
#include <vector>

#include "fovea/nn/module.hpp"

namespace fovea {

/// Of one parameter and one update; Euclidean norms.
struct UpdateStatistics {
  std::string name;
  double gradient_norm = 0;
  double weight_norm = 0;  ///< before the update
  double update_norm = 0;  ///< of the change

  /// The change relative to the weights: about 1e-3 is usual; 0 when the weights are all 0.
  double ratio() const { return weight_norm > 0 ? update_norm / weight_norm : 0; }
};

/// Looks at parameters before and after an update. Between the two it holds a copy of their values.
class UpdateMonitor {
 public:
  /// Watches the parameters of two or more axes: biases and norms begin at values that make ratios mean little.
  explicit UpdateMonitor(const std::vector<NamedParameter>& parameters);

  /// When the gradients are complete.
  void before_update();
  /// After the update: statistics of the parameters that had a gradient, in their order. Throws Error without before_update().
  std::vector<UpdateStatistics> after_update();

 private:
  std::vector<NamedParameter> parameters_;
  std::vector<Tensor> before_;  ///< undefined for parameters without a gradient
  std::vector<double> gradient_norms_;
};

}  // namespace fovea
