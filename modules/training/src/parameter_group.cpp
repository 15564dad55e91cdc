#include "fovea/training/parameter_group.hpp"

#include <fmt/format.h>

#include "fovea/base/error.hpp"
#include "fovea/base/text.hpp"
#include "fovea/nn/batch_norm.hpp"

namespace fovea {

std::vector<NamedParameter> select_parameters(const std::vector<NamedParameter>& parameters, const std::string& pattern) {
  std::vector<NamedParameter> selected;
  for (const NamedParameter& parameter : parameters)
    if (matches_pattern(parameter.name, pattern)) selected.push_back(parameter);
  if (selected.empty()) throw OptionError(fmt::format("no parameter has a name like \"{}\"", pattern));
  return selected;
}

std::size_t freeze(Module& module, const std::string& pattern, bool frozen) {
  std::vector<NamedParameter> selected = select_parameters(module.parameters(), pattern);
  for (NamedParameter& parameter : selected) {
    parameter.variable.set_requires_grad(!frozen);
    parameter.variable.clear_grad();
  }
  module.visit([](const std::string&, Module& part) {
    if (auto* const norm = dynamic_cast<BatchNorm2d*>(&part))
      norm->freeze_statistics(!norm->weight.requires_grad() && !norm->bias.requires_grad());
  });
  return selected.size();
}

}  // namespace fovea
