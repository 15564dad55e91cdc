// The part of a network that decides, and what the part below it computes: for training the one on features of the other.
#pragma once

#include <string>

#include "fovea/nn/module.hpp"

namespace fovea {

/// The last child of a network that has parameters: "fc" of a ResNet, "classifier", with its dropout, of a VGG.
struct NetworkTop {
  std::string name;
  Layer* layer;

  /// Whether a parameter of the network is one of the top's.
  bool owns(const std::string& parameter) const { return parameter.starts_with(name + "."); }
};

/// Throws OptionError when nothing lies below the last parameters: when they are the network's own, or the only ones.
NetworkTop network_top(Layer& network);

/// What `top` computes from when `network` runs on `x`: what its first operation with parameters gets. In evaluation mode
/// top.layer->forward() gives network.forward(x) from it; network_top_agrees() tells whether it does. Nothing is recorded.
Tensor top_input(Layer& network, const NetworkTop& top, const Variable& x);

/// Whether, in the network's mode, running `top` on top_input() gives the bits that running the whole network gives: it does not where
/// the network does more behind the top than to return what that computes.
bool network_top_agrees(Layer& network, const NetworkTop& top, const Variable& x);

}  // namespace fovea
