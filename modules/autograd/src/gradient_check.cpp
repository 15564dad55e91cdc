#include "fovea/autograd/gradient_check.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "fovea/base/error.hpp"
#include "fovea/base/random.hpp"

namespace fovea {

namespace {

/// Leaves over copies of the tensors; with `only`, just that one wants a gradient.
std::vector<Variable> leaves(const std::vector<Tensor>& inputs, std::size_t only = SIZE_MAX) {
  std::vector<Variable> variables;
  for (std::size_t i = 0; i < inputs.size(); ++i) variables.emplace_back(inputs[i].clone(), only == SIZE_MAX || only == i);
  return variables;
}

Tensor random_weights(const Shape& shape) {
  RandomStream stream(11);
  std::vector<double> values(static_cast<std::size_t>(shape.numel()));
  for (double& value : values) value = stream.uniform(-1, 1);
  return Tensor::from(values, shape);
}

std::vector<std::int64_t> elements_to_check(std::int64_t count, std::size_t most) {
  std::vector<std::int64_t> elements = random_permutation(count, RandomStream(17));
  elements.resize(std::min(elements.size(), most));
  return elements;
}

/// d sum(weights * f) / d inputs[input][element]. The outputs are subtracted one by one, before the sum can round them away.
double numeric_derivative(const VariableFunction& f, const std::vector<Tensor>& inputs, std::size_t input, std::int64_t element,
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

double largest_magnitude(const std::vector<double>& values) {
  double largest = 0;
  for (const double value : values) largest = std::max(largest, std::abs(value));
  return largest;
}

/// One input's gradient against the difference quotients at some of its elements.
void compare_elements(GradientCheckResult& result, const VariableFunction& f, const std::vector<Tensor>& inputs, std::size_t input,
                      const std::vector<double>& gradient, const Tensor& weights, const GradientCheckOptions& options) {
  const std::vector<std::int64_t> elements = elements_to_check(inputs[input].numel(), options.most_elements);
  std::vector<double> numeric;
  for (const std::int64_t element : elements) numeric.push_back(numeric_derivative(f, inputs, input, element, weights));
  const double scale = std::max({1e-3, largest_magnitude(gradient), largest_magnitude(numeric)});
  for (std::size_t i = 0; i < elements.size(); ++i) {
    const double analytic = gradient[static_cast<std::size_t>(elements[i])];
    const double error = std::abs(analytic - numeric[i]) / scale;
    if (std::isnan(error) || error > result.largest_error) result.largest_error = error;
    if (!(error <= options.tolerance) && result.passed())
      result.failure = fmt::format("input {}, element {}: backward gives {}, central differences {}, relative error {:.1e}", input,
                                   elements[i], analytic, numeric[i], error);
  }
}

}  // namespace

GradientCheckResult check_gradients(const VariableFunction& f, const std::vector<Tensor>& inputs, const GradientCheckOptions& options) {
  for (const Tensor& input : inputs)
    if (input.dtype() != DType::f64)
      throw ShapeError(
          fmt::format("[check_gradients] inputs are f64, because differences of f32 say little; found {}", name_of(input.dtype())));
  std::vector<Variable> all = leaves(inputs);
  const Variable output = f(all);
  const Tensor weights = random_weights(output.shape());
  backward(output, weights);

  GradientCheckResult result;
  for (std::size_t input = 0; input < inputs.size() && result.passed(); ++input) {
    const Tensor& gradient = all[input].grad();
    std::vector<Variable> alone = leaves(inputs, input);
    backward(f(alone), weights);
    if (!gradient.defined())
      result.failure = fmt::format("input {} got no gradient", input);
    else if (gradient.spec() != inputs[input].spec())
      result.failure = fmt::format("input {} of shape {} got a gradient of shape {}", input, inputs[input].shape().to_string(),
                                   gradient.shape().to_string());
    else if (!alone[input].grad().defined() || alone[input].grad().to_vector<double>() != gradient.to_vector<double>())
      result.failure = fmt::format("input {} gets another gradient when no other input wants one", input);
    else
      compare_elements(result, f, inputs, input, gradient.to_vector<double>(), weights, options);
  }
  return result;
}

std::vector<double> distinct_values(std::int64_t count, std::uint64_t seed) {
  const std::vector<std::int64_t> order = random_permutation(count, RandomStream(seed));
  std::vector<double> values;
  for (const std::int64_t rank : order) values.push_back((2 * static_cast<double>(rank) + 0.5) / static_cast<double>(count) - 1);
  return values;
}

}  // namespace fovea
