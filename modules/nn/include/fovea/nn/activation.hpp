// Activation layers.
#pragma once

#include "fovea/nn/module.hpp"

namespace fovea {

/// max(x, 0)
class Relu final : public Layer {
 public:
  Variable forward(const Variable& x) override;
};

}  // namespace fovea
