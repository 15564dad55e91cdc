#include "fovea/nn/activation.hpp"

#include "fovea/autograd/ops/relu.hpp"

namespace fovea {

Variable Relu::forward(const Variable& x) { return relu(x); }

}  // namespace fovea
