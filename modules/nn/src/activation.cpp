#include "fovea/nn/activation.hpp"

#include <fmt/format.h>

#include <cmath>

#include "fovea/autograd/ops/glu.hpp"
#include "fovea/autograd/ops/maxout.hpp"
#include "fovea/autograd/ops/prelu.hpp"
#include "fovea/autograd/ops/relu.hpp"
#include "fovea/base/error.hpp"

namespace fovea {

namespace {

double greater_than_zero(const char* layer, const char* option, double value) {
  if (!(value > 0) || !std::isfinite(value)) throw OptionError(fmt::format("[{}] {} is greater than 0, found {}", layer, option, value));
  return value;
}

}  // namespace

Variable Relu::forward(const Variable& x) { return relu(x); }

Variable Sigmoid::forward(const Variable& x) { return sigmoid(x); }

Variable Tanh::forward(const Variable& x) { return tanh(x); }

LeakyRelu::LeakyRelu(double slope) : slope_(slope) {
  if (!(slope >= 0) || !std::isfinite(slope)) throw OptionError(fmt::format("[leaky_relu] the slope is at least 0, found {}", slope));
}

Variable LeakyRelu::forward(const Variable& x) { return leaky_relu(x, slope_); }

Variable Relu6::forward(const Variable& x) { return relu6(x); }

Elu::Elu(double alpha) : alpha_(greater_than_zero("elu", "alpha", alpha)) {}

Variable Elu::forward(const Variable& x) { return elu(x, alpha_); }

Variable Selu::forward(const Variable& x) { return selu(x); }

Softplus::Softplus(double beta) : beta_(greater_than_zero("softplus", "beta", beta)) {}

Variable Softplus::forward(const Variable& x) { return softplus(x, beta_); }

Variable Silu::forward(const Variable& x) { return silu(x); }

Variable Mish::forward(const Variable& x) { return mish(x); }

Variable HardSigmoid::forward(const Variable& x) { return hard_sigmoid(x); }

Variable HardSwish::forward(const Variable& x) { return hard_swish(x); }

Variable Gelu::forward(const Variable& x) { return gelu(x, form_); }

PRelu::PRelu(const PReluOptions& options) : initial_(options.initial) {
  if (options.channels < 1) throw OptionError(fmt::format("[prelu] at least one channel, found {}", options.channels));
  register_parameter("weight", Tensor::full({options.channels}, initial_), weight);
}

Variable PRelu::forward(const Variable& x) { return prelu(x, weight); }

void PRelu::reset_parameters(RandomStream&) { Tensor(weight.value()).fill_(initial_); }

Variable Glu::forward(const Variable& x) { return glu(x); }

Maxout::Maxout(std::int64_t k) : k_(k) {
  if (k < 1) throw OptionError(fmt::format("[maxout] k is at least 1, found {}", k));
}

Variable Maxout::forward(const Variable& x) { return maxout(x, k_); }

}  // namespace fovea
