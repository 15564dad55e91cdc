// Analytic gradients against central differences, for whoever writes an operation or a loss.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "fovea/autograd/variable.hpp"

namespace fovea {

using VariableFunction = std::function<Variable(const std::vector<Variable>&)>;

struct GradientCheckOptions {
  /// Allowed |analytic - numeric|, relative to the largest magnitude in the input's gradient: single elements may vanish by
  /// cancellation, and are then no smaller an error than the difference quotient can see. Gradients below 1e-3 count as that large.
  double tolerance = 1e-6;
  /// Inputs with more elements are checked at so many of them, drawn with a fixed seed.
  std::size_t most_elements = 400;
};

struct GradientCheckResult {
  double largest_error = 0;  ///< relative, over all elements that were looked at
  std::string failure;       ///< the first failure, with the input and the element; "" when backward() is right

  bool passed() const { return failure.empty(); }
};

/// Whether backward() agrees with central differences of `f` at the tensors `inputs`, for every input. The output, of any shape, is reduced
/// with fixed random weights, so that each of its elements matters. Every input must get a gradient of its shape, and the same bits when
/// it is the only one that wants one. `f` is deterministic and smooth within 1e-5 of the inputs. Throws ShapeError unless
/// all inputs are f64.
GradientCheckResult check_gradients(const VariableFunction& f, const std::vector<Tensor>& inputs, const GradientCheckOptions& options = {});

/// `count` distinct values in (-1, 1), in random order, no two and none and zero closer than 1/(2 count): far from the kinks of relu
/// and from ties of a maximum, which a difference quotient must not step over.
std::vector<double> distinct_values(std::int64_t count, std::uint64_t seed);

}  // namespace fovea
