// Analytic gradients against central differences, in f64. For tests of modules that may depend on autograd.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <functional>
#include <vector>

#include "fovea/autograd/variable.hpp"
#include "support/values.hpp"

namespace fovea::test {

using VariableFunction = std::function<Variable(const std::vector<Variable>&)>;

struct GradientCheckOptions {
  /// Allowed |analytic - numeric|, relative to the largest magnitude in the input's gradient: single elements may vanish by
  /// cancellation, and are then no smaller an error than the difference quotient can see. Gradients below 1e-3 count as that large.
  double tolerance = 1e-6;
  /// Inputs with more elements are checked at so many of them, drawn with a fixed seed.
  std::size_t most_elements = 400;
};

/// `count` distinct values in (-1, 1), in random order, no two and none and zero closer than 1/(2 count): far from the kinks of relu
/// and from ties of a maximum, which a difference quotient must not step over.
inline std::vector<double> distinct_values(std::int64_t count, std::uint64_t seed) {
  const std::vector<std::int64_t> order = random_permutation(count, RandomStream(seed));
  std::vector<double> values;
  for (const std::int64_t rank : order) values.push_back((2 * static_cast<double>(rank) + 0.5) / static_cast<double>(count) - 1);
  return values;
}

namespace detail {

/// Leaves over copies of the tensors; with `only`, just that one wants a gradient.
inline std::vector<Variable> leaves(const std::vector<Tensor>& inputs, std::size_t only = SIZE_MAX) {
  std::vector<Variable> variables;
  for (std::size_t i = 0; i < inputs.size(); ++i) variables.emplace_back(inputs[i].clone(), only == SIZE_MAX || only == i);
  return variables;
}

inline std::vector<std::int64_t> elements_to_check(std::int64_t count, std::size_t most) {
  std::vector<std::int64_t> elements = random_permutation(count, RandomStream(17));
  elements.resize(std::min(elements.size(), most));
  return elements;
}

/// d sum(weights * f) / d inputs[input][element]. The outputs are subtracted one by one, before the sum can round them away.
inline double numeric_derivative(const VariableFunction& f, const std::vector<Tensor>& inputs, std::size_t input, std::int64_t element,
                                 const Tensor& weights) {
  const NoGradGuard no_grad;
  std::vector<Variable> moved = leaves(inputs);
  Tensor target = moved[input].value();
  double& value = target.mutable_data<double>()[element];
  const double centre = value, step = 1e-5 * std::max(1.0, std::abs(centre));
  value = centre + step;
  target.storage().bump_version("gradient_check");  // layers keep packed weights of this version
  const double high = value;
  const Tensor above = f(moved).value().clone();
  value = centre - step;
  target.storage().bump_version("gradient_check");
  const double low = value;
  const Tensor below = f(moved).value();
  double sum = 0;
  for (std::int64_t i = 0; i < weights.numel(); ++i) sum += weights.data<double>()[i] * (above.data<double>()[i] - below.data<double>()[i]);
  return sum / (high - low);
}

inline double largest_magnitude(const std::vector<double>& values) {
  double largest = 0;
  for (const double value : values) largest = std::max(largest, std::abs(value));
  return largest;
}

}  // namespace detail

/// Whether backward() agrees with central differences of `f` at the f64 tensors `inputs`, for every input. The outputs are reduced with
/// fixed random weights, so that each of them matters. `f` must be deterministic. Every input must get a gradient of its shape, and the
/// same bits when it is the only one that wants one.
inline testing::AssertionResult gradients_match(const VariableFunction& f, const std::vector<Tensor>& inputs,
                                                GradientCheckOptions options = {}) {
  std::vector<Variable> all = detail::leaves(inputs);
  const Variable output = f(all);
  const Tensor weights = Tensor::from(random_values<double>(output.shape().numel(), 11), output.shape());
  backward(output, weights);
  for (std::size_t input = 0; input < inputs.size(); ++input) {
    const Tensor& gradient = all[input].grad();
    if (!gradient.defined()) return testing::AssertionFailure() << "input " << input << " got no gradient";
    if (gradient.spec() != inputs[input].spec())
      return testing::AssertionFailure() << "input " << input << " of shape " << inputs[input].shape().to_string()
                                         << " got a gradient of shape " << gradient.shape().to_string();

    std::vector<Variable> alone = detail::leaves(inputs, input);
    backward(f(alone), weights);
    if (!alone[input].grad().defined() || alone[input].grad().to_vector<double>() != gradient.to_vector<double>())
      return testing::AssertionFailure() << "input " << input << " gets another gradient when no other input wants one";

    const std::vector<std::int64_t> elements = detail::elements_to_check(gradient.numel(), options.most_elements);
    std::vector<double> numeric;
    for (const std::int64_t element : elements) numeric.push_back(detail::numeric_derivative(f, inputs, input, element, weights));
    const double scale = std::max({1e-3, detail::largest_magnitude(gradient.to_vector<double>()), detail::largest_magnitude(numeric)});
    for (std::size_t i = 0; i < elements.size(); ++i) {
      const double analytic = gradient.data<double>()[elements[i]];
      const double error = std::abs(analytic - numeric[i]) / scale;
      if (!(error <= options.tolerance))
        return testing::AssertionFailure() << "input " << input << ", element " << elements[i] << ": backward gives " << analytic
                                           << ", central differences " << numeric[i] << ", relative error " << error;
    }
  }
  return testing::AssertionSuccess();
}

}  // namespace fovea::test
