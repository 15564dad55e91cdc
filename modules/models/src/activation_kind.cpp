#include "fovea/models/activation_kind.hpp"

#include <utility>

#include "fovea/autograd/ops/activations.hpp"
#include "fovea/autograd/ops/relu.hpp"

namespace fovea {

namespace {

constexpr double kDarknetSlope = 0.1;

}  // namespace

Variable activate(Variable x, ActivationKind kind) {
  switch (kind) {
    case ActivationKind::none:
      break;
    case ActivationKind::relu:
      return relu(std::move(x));
    case ActivationKind::leaky_relu:
      return leaky_relu(std::move(x), kDarknetSlope);
    case ActivationKind::relu6:
      return relu6(std::move(x));
    case ActivationKind::silu:
      return silu(std::move(x));
    case ActivationKind::hard_swish:
      return hard_swish(std::move(x));
    case ActivationKind::sigmoid:
      return sigmoid(std::move(x));
    case ActivationKind::hard_sigmoid:
      return hard_sigmoid(std::move(x));
  }
  return x;
}

}  // namespace fovea
