#include "fovea/pipelines/gradient_selftest.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <exception>
#include <nlohmann/json.hpp>

#include "fovea/autograd/function.hpp"
#include "fovea/base/random.hpp"
#include "fovea/base/version.hpp"
#include "selftest/gradients/suite.hpp"

namespace fovea {

namespace selftest_detail {

namespace {

class FunctionNames final : public Recorder {
 public:
  explicit FunctionNames(std::set<std::string>& names) : names_(names) {}
  void record(const Function& function, std::span<const Variable>, std::span<const Variable>) override { names_.insert(function.name()); }

 private:
  std::set<std::string>& names_;
};

}  // namespace

GradientRow& GradientSuite::row(const std::string& operation) {
  const auto found = std::find_if(rows_.begin(), rows_.end(), [&](const GradientRow& row) { return row.operation == operation; });
  if (found != rows_.end()) return *found;
  return rows_.emplace_back(GradientRow{.operation = operation, .tolerance = GradientCheckOptions{}.tolerance});
}

void GradientSuite::check(const std::string& operation, const VariableFunction& f, const std::vector<Tensor>& inputs) {
  GradientRow& row = this->row(operation);
  FunctionNames names(row.functions);
  const RecorderGuard guard(names);
  ++row.cases;
  std::string failure;
  try {
    const GradientCheckResult result = check_gradients(f, inputs);
    if (!(result.largest_error <= row.largest_error)) row.largest_error = result.largest_error;
    failure = result.failure;
  } catch (const std::exception& error) {
    failure = error.what();
  }
  if (!failure.empty() && row.passed()) row.failure = fmt::format("case {}: {}", row.cases, failure);
}

Tensor uniform(const Shape& shape, std::uint64_t seed, double low, double high) {
  RandomStream stream(seed);
  std::vector<double> values(static_cast<std::size_t>(shape.numel()));
  for (double& value : values) value = stream.uniform(low, high);
  return Tensor::from(values, shape);
}

Tensor distinct(const Shape& shape, std::uint64_t seed) { return Tensor::from(distinct_values(shape.numel(), seed), shape); }

}  // namespace selftest_detail

std::vector<GradientRow> selftest_gradients() {
  std::vector<GradientRow> rows;
  selftest_detail::GradientSuite suite(rows);
  check_activation_gradients(suite);
  check_attention_gradients(suite);
  check_basic_gradients(suite);
  check_convolution_gradients(suite);
  check_maths_gradients(suite);
  check_normalization_gradients(suite);
  check_pooling_gradients(suite);
  check_rearrange_gradients(suite);
  return rows;
}

std::string to_text(const std::vector<GradientRow>& rows) {
  std::string text = fmt::format("{:<32} {:>6} {:>13} {:>9}\n", "operation", "cases", "largest error", "allowed");
  for (const GradientRow& row : rows)
    text += fmt::format("{:<32} {:>6} {:>13.1e} {:>9.1e}  {}\n", row.operation, row.cases, row.largest_error, row.tolerance,
                        row.passed() ? "pass" : "FAIL: " + row.failure);
  const auto failed = std::count_if(rows.begin(), rows.end(), [](const GradientRow& row) { return !row.passed(); });
  return text + (failed == 0 ? fmt::format("the gradients of all {} operations are right\n", rows.size())
                             : fmt::format("the gradients of {} of {} operations are wrong\n", failed, rows.size()));
}

Json to_json(const std::vector<GradientRow>& rows) {
  Json gradients = Json::array();
  for (const GradientRow& row : rows)
    gradients.push_back({{"operation", row.operation},
                         {"functions", row.functions},
                         {"cases", row.cases},
                         {"largest_error", row.largest_error},
                         {"tolerance", row.tolerance},
                         {"passed", row.passed()},
                         {"failure", row.failure}});
  return {{"passed", std::all_of(rows.begin(), rows.end(), [](const GradientRow& row) { return row.passed(); })},
          {"fovea_version", version()},
          {"gradients", gradients}};
}

}  // namespace fovea
