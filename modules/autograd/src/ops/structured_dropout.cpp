#include "fovea/autograd/ops/structured_dropout.hpp"

#include <fmt/format.h>

#include "fovea/autograd/ops/arithmetic.hpp"
#include "fovea/autograd/ops/dropout.hpp"
#include "fovea/base/error.hpp"
#include "ops/checks.hpp"

namespace fovea {

namespace {

/// x times the dropout of ones of the shape `mask`, which meets x by broadcasting.
Variable drop(const char* op, const Variable& x, const Shape& mask, double probability, RandomStream& stream) {
  if (!(probability >= 0 && probability < 1))
    throw OptionError(fmt::format("[{}] the probability is in [0, 1), found {}", op, probability));
  if (probability == 0) return x;
  return x * dropout(Variable(Tensor::full(mask, 1, x.dtype())), probability, stream);
}

void check_input(const char* op, const Variable& x, int axes, const char* meaning) {
  if (!x.defined()) throw ShapeError(fmt::format("[{}] input 0 is undefined", op));
  check_activation(op, {x.shape(), x.dtype()});
  if (x.shape().rank() < axes)
    throw ShapeError(fmt::format("[{}] input wants at least {} axes {}, found {}", op, axes, meaning, x.shape().to_string()));
}

}  // namespace

Variable spatial_dropout(const Variable& x, double probability, RandomStream& stream) {
  constexpr const char* kName = "spatial_dropout";
  check_input(kName, x, 2, "[N, ..., C]");
  std::vector<std::int64_t> mask(static_cast<std::size_t>(x.shape().rank()), 1);
  mask.at(0) = x.shape()[0];
  mask.at(mask.size() - 1) = x.shape().at(-1);
  return drop(kName, x, Shape(mask), probability, stream);
}

Variable stochastic_depth(const Variable& x, double probability, StochasticDepthMode mode, RandomStream& stream) {
  constexpr const char* kName = "stochastic_depth";
  check_input(kName, x, 1, "[N, ...]");
  std::vector<std::int64_t> mask(static_cast<std::size_t>(x.shape().rank()), 1);
  if (mode == StochasticDepthMode::row) mask.at(0) = x.shape()[0];
  return drop(kName, x, Shape(mask), probability, stream);
}

}  // namespace fovea
