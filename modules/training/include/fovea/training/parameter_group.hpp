// Parameters that are treated apart from the rest, chosen by name.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "fovea/nn/module.hpp"

namespace fovea {

/// Settings for the parameters whose whole names match a pattern (matches_pattern): "backbone.*", "*.bias", "layer?.conv1.weight".
struct ParameterGroup {
  std::string pattern;                 ///< * stands for any text, ? for any one character
  double rate_factor = 1;              ///< the learning rate is multiplied by it
  std::optional<double> weight_decay;  ///< instead of the optimiser's, also for biases and norms
  bool frozen = false;                 ///< never changed
};

/// The parameters whose names match; throws OptionError naming the pattern when there are none.
std::vector<NamedParameter> select_parameters(const std::vector<NamedParameter>& parameters, const std::string& pattern);

/// Switches the gradients of the matching parameters off (or on again), so that backward passes leave out the work as well. A batch norm
/// both of whose parameters are off then keeps its statistics and uses them (BatchNorm2d::freeze_statistics()). Returns how many parameters
/// matched.
std::size_t freeze(Module& module, const std::string& pattern, bool frozen = true);

}  // namespace fovea
