// Rectified units that never fire.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "fovea/nn/module.hpp"

namespace fovea {

/// Runs `network` on the batch `x` without recording gradients, and gives for every ReLU (also ReLU6, also fused into a norm), in the order
/// in which they run, the share of its channels (places of the last axis) that are above 0 nowhere in the batch. It is named by the latest
/// layer before it: "layer1.0.bn1", a second ReLU behind the same layer "layer1.0.bn1/2". The network's mode is the caller's choice.
std::vector<std::pair<std::string, double>> dead_channels(Layer& network, const Variable& x);

}  // namespace fovea
