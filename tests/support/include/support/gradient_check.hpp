// The gradient check as an assertion. For tests of modules that may depend on autograd.
#pragma once

#include <gtest/gtest.h>

#include <vector>

#include "fovea/autograd/gradient_check.hpp"
#include "support/values.hpp"

namespace fovea::test {

using fovea::distinct_values;
using fovea::GradientCheckOptions;
using fovea::VariableFunction;

/// check_gradients() with its failure as the message.
inline testing::AssertionResult gradients_match(const VariableFunction& f, const std::vector<Tensor>& inputs,
                                                const GradientCheckOptions& options = {}) {
  const GradientCheckResult result = check_gradients(f, inputs, options);
  return result.passed() ? testing::AssertionSuccess() : testing::AssertionFailure() << result.failure;
}

}  // namespace fovea::test
