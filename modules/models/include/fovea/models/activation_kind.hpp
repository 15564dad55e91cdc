// Activations by name, for networks whose blocks differ in them.
#pragma once

#include <cstdint>

#include "fovea/autograd/variable.hpp"

namespace fovea {

enum class ActivationKind : std::uint8_t {
  none,
  relu,
  leaky_relu,  ///< slope 0.1, Darknet's
  relu6,
  silu,
  hard_swish,
  sigmoid,
  hard_sigmoid,
};

Variable activate(Variable x, ActivationKind kind);

}  // namespace fovea
