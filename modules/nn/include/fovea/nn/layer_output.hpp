// What a layer inside a network gives: features for search, clustering and classifiers of another kind.
#pragma once

#include <string>
#include <vector>

#include "fovea/nn/module.hpp"

namespace fovea {

/// Runs `network` on `x` without recording gradients and returns the output of the layer called `layer` ("layer4.1.bn2"): of the last
/// operation that uses its parameters or buffers, with a ReLU that is fused into it. "" means what the last layer with parameters gets: the
/// features that a classifier decides on. The network's mode is the caller's choice. Throws OptionError naming the layers when there is
/// none of that name.
Tensor layer_output(Layer& network, const Variable& x, const std::string& layer = "");

/// The layers that layer_output() knows, in the order in which they run on `x`.
std::vector<std::string> layer_names(Layer& network, const Variable& x);

}  // namespace fovea
