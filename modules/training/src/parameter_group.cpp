#include "fovea/training/parameter_group.hpp"

#include <fmt/format.h>

#include "fovea/base/error.hpp"

namespace fovea {

bool matches_glob(std::string_view text, std::string_view pattern) {
  // Greedy with one way back: a later * makes the choices of an earlier one final.
  std::size_t t = 0, p = 0, star = std::string_view::npos, resume = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      resume = t;
    } else if (p < pattern.size() && (pattern[p] == '?' || pattern[p] == text[t])) {
      ++p;
      ++t;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      t = ++resume;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

std::vector<NamedParameter> select_parameters(const std::vector<NamedParameter>& parameters, const std::string& pattern) {
  std::vector<NamedParameter> selected;
  for (const NamedParameter& parameter : parameters)
    if (matches_glob(parameter.name, pattern)) selected.push_back(parameter);
  if (selected.empty()) throw OptionError(fmt::format("no parameter has a name like \"{}\"", pattern));
  return selected;
}

std::size_t freeze(Module& module, const std::string& pattern, bool frozen) {
  std::vector<NamedParameter> selected = select_parameters(module.parameters(), pattern);
  for (NamedParameter& parameter : selected) {
    parameter.variable.set_requires_grad(!frozen);
    parameter.variable.clear_grad();
  }
  return selected.size();
}

}  // namespace fovea
