#include "fovea/models/mlp.hpp"

#include <string>

#include "fovea/autograd/ops/reshape.hpp"
#include "fovea/nn/activation.hpp"
#include "fovea/nn/dropout.hpp"
#include "fovea/nn/linear.hpp"
#include "option_checks.hpp"

namespace fovea {

Mlp::Mlp(const MlpOptions& o) {
  require_classes("mlp", o.classes);
  std::int64_t inputs = o.height * o.width * o.channels;
  LinearOptions first{.flattened = {o.height, o.width, o.channels}};
  const auto append = [&](std::int64_t units) {
    const std::string name = std::to_string(layers_.size());
    register_module(name, layers_.emplace<Linear>(inputs, units, first));
    inputs = units;
    first = {};
  };
  for (const std::int64_t units : o.hidden) {
    append(units);
    layers_.emplace<Relu>();
    const std::string name = std::to_string(layers_.size());
    register_module(name, layers_.emplace<Dropout>(o.dropout));
  }
  append(o.classes);
}

Variable Mlp::forward(const Variable& x) { return layers_(flatten(x)); }

}  // namespace fovea
