// Every differentiable operation against central differences, in f64.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "fovea/base/json.hpp"

namespace fovea {

/// What one operation showed.
struct GradientRow {
  std::string operation;            ///< as it is called: "conv2d"
  std::set<std::string> functions;  ///< the tape's nodes that ran: for an operation composed of others several
  int cases = 0;                    ///< shapes and settings tried
  double largest_error = 0;         ///< of the analytic gradient, relative to the largest magnitude in the input's gradient
  double tolerance = 0;
  std::string failure;  ///< the first failure; "" when all is well

  bool passed() const { return failure.empty(); }
};

/// Checks every operation and loss at awkward sizes, settings and an empty batch (check_gradients()).
std::vector<GradientRow> selftest_gradients();

std::string to_text(const std::vector<GradientRow>& rows);
/// {"passed", "fovea_version", "gradients": [one object per row]}
Json to_json(const std::vector<GradientRow>& rows);

}  // namespace fovea
