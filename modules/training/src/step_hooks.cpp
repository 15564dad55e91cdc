#include "fovea/training/step_hooks.hpp"

#include <fmt/format.h>

#include "fovea/base/error.hpp"

namespace fovea {

GradientClipHook::GradientClipHook(std::vector<NamedParameter> parameters, double norm_limit, double value_limit)
    : parameters_(std::move(parameters)), norm_limit_(norm_limit), value_limit_(value_limit) {
  if (!(norm_limit >= 0 && value_limit >= 0))
    throw OptionError(fmt::format("the limits of gradients are at least 0, found {} and {}", norm_limit, value_limit));
}

void GradientClipHook::on_gradients() {
  if (value_limit_ > 0) clip_gradient_values(parameters_, value_limit_);
  if (norm_limit_ > 0) last_norm_ = clip_gradient_norm(parameters_, norm_limit_);
}

PenaltyHook::PenaltyHook(std::vector<NamedParameter> parameters, PenaltyOptions options)
    : parameters_(std::move(parameters)), options_(std::move(options)) {
  penalty({}, options_);                             // throws on what is out of range
  select_parameters(parameters_, options_.pattern);  // and when nobody pays
}

MaxNormHook::MaxNormHook(std::vector<NamedParameter> parameters, double limit, std::string pattern)
    : parameters_(std::move(parameters)), limit_(limit), pattern_(std::move(pattern)) {
  limit_unit_norms({}, limit);
  select_parameters(parameters_, pattern_);
}

}  // namespace fovea
