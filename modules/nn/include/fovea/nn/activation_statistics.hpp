// How large the numbers inside a network are, operation by operation.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "fovea/nn/module.hpp"

namespace fovea {

/// The output of one operation.
struct ActivationStatistics {
  std::string layer;      ///< of the latest parameters before or in it: "layer1.0.conv1"; "" before the first
  std::string operation;  ///< "conv2d", "relu", ...
  Shape shape;
  double mean = 0, deviation = 0, minimum = 0, maximum = 0;
  double zeros = 0;                     ///< share of values that are 0
  double dead_channels = 0;             ///< share of channels (places of the last axis) that are nowhere above 0
  std::vector<std::int64_t> histogram;  ///< counts in equal steps from minimum to maximum
};

/// Runs `network` on `x` without recording gradients and looks at every operation's output, in the order in which they run. Values that are
/// not finite count for none of the numbers but for mean and deviation, which they spoil. The network's mode is the caller's choice.
/// Throws OptionError unless there is at least 1 bin.
std::vector<ActivationStatistics> activation_statistics(Layer& network, const Variable& x, int bins = 40);

}  // namespace fovea
