// The norm of AlexNet and ZFNet.
#pragma once

#include "fovea/autograd/ops/local_response_norm.hpp"
#include "fovea/nn/module.hpp"

namespace fovea {

/// Local response norm with the paper's constants: k = 2, n = 5, alpha = 1e-4,
/// beta = 0.75 (Krizhevsky et al. 2012, section 3.3).
class AlexNetResponseNorm final : public Layer {
 public:
  Variable forward(const Variable& x) override { return local_response_norm(x, {.size = 5, .alpha = 5 * 1e-4, .beta = 0.75, .k = 2}); }
};

}  // namespace fovea
