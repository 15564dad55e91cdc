// All optimisers on a small network against PyTorch (tests/golden/make_optimizer_goldens.py), 100 steps, in both precisions.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "fovea/autograd/ops/arithmetic.hpp"
#include "fovea/autograd/ops/cross_entropy.hpp"
#include "fovea/autograd/ops/linear.hpp"
#include "fovea/autograd/ops/relu.hpp"
#include "fovea/autograd/ops/sum.hpp"
#include "fovea/base/json.hpp"
#include "fovea/training/adadelta.hpp"
#include "fovea/training/adagrad.hpp"
#include "fovea/training/adam.hpp"
#include "fovea/training/adamw.hpp"
#include "fovea/training/lbfgs.hpp"
#include "fovea/training/rmsprop.hpp"
#include "fovea/training/sgd.hpp"
#include "tasks.hpp"

namespace fovea {
namespace {

Json read_cases(const std::string& name) { return read_json_file(std::string(FOVEA_GOLDEN_FOLDER) + "/" + name)["cases"]; }

Tensor wave(const Shape& shape, double phase, DType dtype) {
  std::vector<double> values;
  for (std::int64_t i = 0; i < shape.numel(); ++i) values.push_back(std::sin(0.7 * static_cast<double>(i) + phase));
  return Tensor::from(values, shape).to(dtype);
}

/// The problems of make_optimizer_goldens.py.
class Problem {
 public:
  Problem(bool network, DType dtype) : network_(network) {
    const std::int64_t rows = network ? 12 : 40;
    x_ = Variable(wave({rows, 3}, 0.1, dtype));
    for (std::int64_t r = 0; r < rows; ++r) classes_.push_back(network ? (r * r + 1) % 4 : (7 * r * r + r / 3) % 4);
    add("fc1.weight", network ? Shape{6, 3} : Shape{4, 3}, 0.2, dtype);
    add("fc1.bias", network ? Shape{6} : Shape{4}, 0.3, dtype);
    if (!network) return;
    add("fc2.weight", {4, 6}, 0.4, dtype);
    add("fc2.bias", {4}, 0.5, dtype);
  }
  Variable loss() const {
    const auto& p = parameters;
    Variable z = linear(x_, p[0].variable, p[1].variable);
    if (network_) z = linear(relu(z), p[2].variable, p[3].variable);
    Variable value = cross_entropy(z, Tensor::from(classes_, {static_cast<std::int64_t>(classes_.size())}));
    if (!network_)
      for (const NamedParameter& q : p) value = value + 0.01 * sum(q.variable * q.variable);
    return value;
  }
  std::vector<double> state() const {
    std::vector<double> all;
    for (const NamedParameter& parameter : parameters) {
      const std::vector<double> values = parameter.variable.value().to(DType::f64).to_vector<double>();
      all.insert(all.end(), values.begin(), values.end());
    }
    return all;
  }

  std::vector<NamedParameter> parameters;

 private:
  void add(const char* name, const Shape& shape, double phase, DType dtype) {
    parameters.push_back(test::make_parameter(name, wave(shape, phase, dtype)));
  }
  bool network_;
  Variable x_;
  std::vector<std::int64_t> classes_;
};

/// Decay reaches the biases too, as it does there.
std::unique_ptr<Optimizer> make(const Json& golden, std::vector<NamedParameter> parameters) {
  const std::string kind = golden["kind"];
  const double decay = golden["weight_decay"];
  if (kind == "sgd")
    return std::make_unique<Sgd>(std::move(parameters),
                                 SgdOptions{.momentum = golden["momentum"], .weight_decay = decay, .decay_biases_and_norms = true});
  if (kind == "adam")
    return std::make_unique<Adam>(std::move(parameters), AdamOptions{.beta1 = golden["beta1"],
                                                                     .beta2 = golden["beta2"],
                                                                     .epsilon = golden["epsilon"],
                                                                     .amsgrad = golden["amsgrad"],
                                                                     .weight_decay = decay,
                                                                     .decay_biases_and_norms = true});
  if (kind == "adamw")
    return std::make_unique<AdamW>(std::move(parameters), AdamWOptions{.beta1 = golden["beta1"],
                                                                       .beta2 = golden["beta2"],
                                                                       .epsilon = golden["epsilon"],
                                                                       .weight_decay = decay,
                                                                       .decay_biases_and_norms = true});
  if (kind == "adagrad")
    return std::make_unique<Adagrad>(std::move(parameters), AdagradOptions{.rate_decay = golden["rate_decay"],
                                                                           .initial_sum = golden["initial_sum"],
                                                                           .epsilon = golden["epsilon"],
                                                                           .weight_decay = decay,
                                                                           .decay_biases_and_norms = true});
  if (kind == "rmsprop")
    return std::make_unique<Rmsprop>(std::move(parameters), RmspropOptions{.alpha = golden["alpha"],
                                                                           .epsilon = golden["epsilon"],
                                                                           .momentum = golden["momentum"],
                                                                           .centered = golden["centered"],
                                                                           .weight_decay = decay,
                                                                           .decay_biases_and_norms = true});
  if (kind == "adadelta")
    return std::make_unique<Adadelta>(
        std::move(parameters),
        AdadeltaOptions{.rho = golden["rho"], .epsilon = golden["epsilon"], .weight_decay = decay, .decay_biases_and_norms = true});
  return nullptr;
}

/// Relative to the largest weight: single weights pass through zero.
void expect_state(const std::vector<double>& actual, const Json& golden, double tolerance, const std::string& where) {
  const auto expected = golden.get<std::vector<double>>();
  ASSERT_EQ(actual.size(), expected.size());
  double scale = 0;
  for (const double value : expected) scale = std::max(scale, std::abs(value));
  for (std::size_t i = 0; i < actual.size(); ++i) ASSERT_NEAR(actual[i], expected[i], tolerance * scale) << where << ", weight " << i;
}

void expect_torchs_weights(DType dtype, double tolerance) {
  const Json cases = read_cases("optimizers.json");
  ASSERT_GE(cases.size(), 13U);
  for (const Json& golden : cases) {
    Problem problem(true, dtype);
    const auto optimizer = make(golden, problem.parameters);
    ASSERT_NE(optimizer, nullptr) << golden["kind"];
    const auto steps = golden["steps"].get<std::vector<int>>();
    ASSERT_EQ(steps.back(), 100);
    std::size_t compared = 0;
    for (int step = 1; step <= steps.back(); ++step) {
      optimizer->clear_grad();
      backward(problem.loss());
      optimizer->step(golden["rate"]);
      if (step != steps[compared]) continue;
      const std::string where =
          golden["kind"].get<std::string>() + " " + golden["name"].get<std::string>() + ", step " + std::to_string(step);
      expect_state(problem.state(), golden["states"][compared++], tolerance, where);
    }
    ASSERT_EQ(compared, steps.size());
  }
}

TEST(SmallNetGolden, DoublePrecision) { expect_torchs_weights(DType::f64, 1e-10); }
TEST(SmallNetGolden, SinglePrecision) { expect_torchs_weights(DType::f32, 1e-5); }

TEST(LbfgsGolden, WeightsLossesAndEvaluationsAreTorchs) {
  const Json cases = read_cases("lbfgs.json");
  ASSERT_EQ(cases.size(), 5U);
  for (const Json& golden : cases) {
    SCOPED_TRACE(golden["name"].get<std::string>());
    const Problem problem(golden["problem"] == "network", DType::f64);
    Lbfgs lbfgs(problem.parameters, {.learning_rate = golden["rate"],
                                     .iterations = golden["iterations"],
                                     .evaluations = golden["iterations"].get<int>() * 5 / 4,
                                     .history = golden["history"],
                                     .line_search = golden["line_search"]});
    const auto steps = golden["steps"].get<std::vector<std::size_t>>();
    std::size_t compared = 0;
    for (std::size_t step = 1; step <= steps.back(); ++step) {
      const double loss = lbfgs.step([&] { return problem.loss(); });
      EXPECT_NEAR(loss, golden["losses"][step - 1].get<double>(), 1e-8) << "step " << step;
      if (step != steps[compared]) continue;
      expect_state(problem.state(), golden["states"][compared++], 1e-6, "step " + std::to_string(step));
    }
    EXPECT_EQ(lbfgs.evaluations(), golden["evaluations"].get<std::int64_t>());
  }
}

}  // namespace
}  // namespace fovea
