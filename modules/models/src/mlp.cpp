#include "fovea/models/mlp.hpp"

#include <string>

#include "fovea/autograd/ops/reshape.hpp"
#include "fovea/base/error.hpp"
#include "fovea/base/text.hpp"
#include "fovea/nn/activation.hpp"
#include "fovea/nn/dropout.hpp"
#include "fovea/nn/linear.hpp"
#include "option_checks.hpp"

namespace fovea {

namespace {

void append_activation(Sequential& layers, const std::string& name) {
  if (name == "relu")
    layers.emplace<Relu>();
  else if (name == "sigmoid")
    layers.emplace<Sigmoid>();
  else if (name == "tanh")
    layers.emplace<Tanh>();
  else if (name == "gelu")
    layers.emplace<Gelu>();
  else
    throw OptionError(unknown_name_message("activation", name, std::vector<std::string>{"relu", "sigmoid", "tanh", "gelu"}));
}

}  // namespace

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
    append_activation(layers_, o.activation);
    const std::string name = std::to_string(layers_.size());
    register_module(name, layers_.emplace<Dropout>(o.dropout));
  }
  append(o.classes);
}

Variable Mlp::forward(const Variable& x) { return layers_(flatten(x)); }

}  // namespace fovea
