#include "fovea/training/gradients.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "block_sums.hpp"
#include "fovea/base/error.hpp"
#include "fovea/base/text.hpp"
#include "fovea/kernels/context.hpp"
#include "fovea/tensor/dispatch.hpp"
#include "fovea/training/optimizer.hpp"

namespace fovea {

namespace {

template <class Body>
void for_elements(std::int64_t count, Body body) {
  parallel_for(kernels::Context::current().threads(), count, kElementsPerTask, body);
}

/// The sum of term(value) over a tensor.
template <class Term>
double sum_over(const Tensor& tensor, Term term) {
  return dispatch_floating(tensor.dtype(), "sum of gradients", [&]<class T>() {
    const T* const values = tensor.data<T>();
    return sum_of_blocks(tensor.numel(), [&](std::int64_t begin, std::int64_t end) {
      double sum = 0;
      for (std::int64_t i = begin; i < end; ++i) sum += term(static_cast<double>(values[i]));
      return sum;
    });
  });
}

/// gradient = change(gradient, weight), element by element, for the parameters that have one.
template <class Change>
void change_gradients(const NamedParameter& parameter, const char* writer, Change change) {
  Variable variable = parameter.variable;
  if (!variable.grad().defined()) return;
  if (variable.grad().is_shared()) variable.mutable_grad() = variable.grad().clone();  // the gradient of a sum may be that of both terms
  Tensor gradient = variable.grad();
  dispatch_floating(gradient.dtype(), writer, [&]<class T>() {
    T* const values = gradient.mutable_data<T>();
    const T* const weights = parameter.variable.value().data<T>();
    for_elements(gradient.numel(), [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t i = begin; i < end; ++i) values[i] = change(values[i], weights[i]);
    });
  });
  gradient.storage().bump_version(writer);
}

void check_limit(const char* what, double limit) {
  if (!(limit > 0)) throw OptionError(fmt::format("the limit of {} is positive, found {}", what, limit));
}

bool pays(const NamedParameter& parameter, const PenaltyOptions& options) {
  return matches_pattern(parameter.name, options.pattern) && decays(parameter, options.biases_and_norms);
}

void check(const PenaltyOptions& options) {
  if (!(options.l1 >= 0 && options.l2 >= 0))
    throw OptionError(fmt::format("penalties are at least 0, found l1 {} and l2 {}", options.l1, options.l2));
}

}  // namespace

double gradient_norm(const std::vector<NamedParameter>& parameters) {
  double sum = 0;
  for (const NamedParameter& parameter : parameters)
    if (parameter.variable.grad().defined()) sum += sum_over(parameter.variable.grad(), [](double value) { return value * value; });
  return std::sqrt(sum);
}

void scale_gradients(const std::vector<NamedParameter>& parameters, double factor) {
  for (const NamedParameter& parameter : parameters)
    change_gradients(parameter, "scale_gradients", [factor]<class T>(T gradient, T) { return gradient * static_cast<T>(factor); });
}

double clip_gradient_norm(const std::vector<NamedParameter>& parameters, double limit) {
  check_limit("gradient norms", limit);
  const double norm = gradient_norm(parameters);
  if (std::isfinite(norm) && norm > limit) scale_gradients(parameters, limit / norm);
  return norm;
}

void clip_gradient_values(const std::vector<NamedParameter>& parameters, double limit) {
  check_limit("gradient values", limit);
  for (const NamedParameter& parameter : parameters)
    change_gradients(parameter, "clip_gradient_values",
                     [limit]<class T>(T gradient, T) { return std::clamp(gradient, static_cast<T>(-limit), static_cast<T>(limit)); });
}

void add_penalty_gradients(const std::vector<NamedParameter>& parameters, const PenaltyOptions& options) {
  check(options);
  for (const NamedParameter& parameter : parameters)
    if (pays(parameter, options))
      change_gradients(parameter, "add_penalty_gradients", [&]<class T>(T gradient, T weight) {
        const T sign = weight > 0 ? T{1} : weight < 0 ? T{-1} : T{0};
        return gradient + static_cast<T>(options.l1) * sign + static_cast<T>(options.l2) * weight;
      });
}

double penalty(const std::vector<NamedParameter>& parameters, const PenaltyOptions& options) {
  check(options);
  double sum = 0;
  for (const NamedParameter& parameter : parameters)
    if (pays(parameter, options))
      sum += sum_over(parameter.variable.value(), [&](double w) { return options.l1 * std::abs(w) + options.l2 / 2 * w * w; });
  return sum;
}

void limit_unit_norms(const std::vector<NamedParameter>& parameters, double limit, const std::string& pattern) {
  check_limit("unit norms", limit);
  for (const NamedParameter& parameter : parameters) {
    Tensor weight = parameter.variable.value();
    if (weight.rank() < 2 || weight.numel() == 0 || !matches_pattern(parameter.name, pattern)) continue;
    const std::int64_t units = weight.extent(0), width = weight.numel() / units;
    dispatch_floating(weight.dtype(), "limit_unit_norms", [&]<class T>() {
      T* const values = weight.mutable_data<T>();
      parallel_for(kernels::Context::current().threads(), units, std::max<std::int64_t>(1, kElementsPerTask / width),
                   [&](std::int64_t begin, std::int64_t end) {
                     for (T* unit = values + begin * width; unit != values + end * width; unit += width) {
                       double sum = 0;
                       for (std::int64_t i = 0; i < width; ++i) sum += static_cast<double>(unit[i]) * static_cast<double>(unit[i]);
                       const double norm = std::sqrt(sum);
                       if (!(norm > limit)) continue;
                       for (std::int64_t i = 0; i < width; ++i) unit[i] *= static_cast<T>(limit / norm);
                     }
                   });
    });
    weight.storage().bump_version("limit_unit_norms");
  }
}

}  // namespace fovea
