// Optimisers and schedules against PyTorch (make_torch_goldens.py): 20 steps, in both precisions.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "fovea/base/json.hpp"
#include "fovea/training/adamw.hpp"
#include "fovea/training/schedule.hpp"
#include "fovea/training/sgd.hpp"
#include "tasks.hpp"

namespace fovea {
namespace {

const Json& goldens() {
  static const Json json = read_json_file(TORCH_GOLDENS);
  return json;
}

Tensor tensor_of(const Json& values, const Shape& shape, DType dtype) {
  return Tensor::from(values.get<std::vector<double>>(), shape).to(dtype);
}

std::unique_ptr<Optimizer> make_optimizer(const Json& golden, const std::vector<NamedParameter>& parameters) {
  const Json& o = golden["options"];
  const bool all = golden["decay_all"];
  if (golden["kind"] == "sgd")
    return std::make_unique<Sgd>(parameters, SgdOptions{.momentum = o["momentum"],
                                                        .dampening = o.value("dampening", 0.0),
                                                        .nesterov = o.value("nesterov", false),
                                                        .weight_decay = o["weight_decay"],
                                                        .decay_biases_and_norms = all});
  AdamWOptions options{.decay_biases_and_norms = all};  // the defaults are torch's
  if (o.contains("betas")) options = {o["betas"][0], o["betas"][1], o["eps"], o["weight_decay"], all};
  return std::make_unique<AdamW>(parameters, options);
}

/// Relative to the largest weight: single weights pass through zero.
template <class T>
void expect_close(const Tensor& found, const std::vector<double>& expected, double tolerance, const std::string& where) {
  double scale = 0;
  for (const double value : expected) scale = std::max(scale, std::abs(value));
  for (std::size_t i = 0; i < expected.size(); ++i)
    ASSERT_NEAR(found.data<T>()[i], expected[i], tolerance * scale) << where << ", element " << i;
}

template <class T>
void expect_torchs_weights(double tolerance) {
  ASSERT_EQ(goldens()["optimizers"].size(), 8U);
  for (const Json& golden : goldens()["optimizers"]) {
    const Json& start = goldens()["start"];
    std::vector<NamedParameter> parameters{test::make_parameter("weight", tensor_of(start["weight"], {3, 2}, dtype_of<T>)),
                                           test::make_parameter("bias", tensor_of(start["bias"], {3}, dtype_of<T>))};
    const auto optimizer = make_optimizer(golden, parameters);
    ASSERT_EQ(golden["steps"].size(), 20U);
    for (std::size_t step = 0; step < golden["steps"].size(); ++step) {
      for (NamedParameter& parameter : parameters)
        test::set_gradient(parameter, tensor_of(goldens()["gradients"][step][parameter.name], parameter.variable.shape(), dtype_of<T>));
      optimizer->step(golden["rate"]);
      for (const NamedParameter& parameter : parameters)
        expect_close<T>(
            parameter.variable.value(), golden["steps"][step][parameter.name].get<std::vector<double>>(), tolerance,
            golden["kind"].get<std::string>() + golden["options"].dump() + ", step " + std::to_string(step) + ", " + parameter.name);
    }
  }
}

TEST(TorchGolden, WeightsInDoublePrecision) { expect_torchs_weights<double>(1e-12); }
TEST(TorchGolden, WeightsInSinglePrecision) { expect_torchs_weights<float>(1e-5); }

TEST(TorchGolden, Schedules) {
  ASSERT_EQ(goldens()["schedules"].size(), 2U);
  for (const Json& golden : goldens()["schedules"]) {
    const Json& o = golden["options"];
    const Schedule schedule(
        golden["kind"] == "cosine"
            ? ScheduleOptions{.learning_rate = 0.1, .final_rate = o["final_rate"], .total_steps = o["total_steps"]}
            : ScheduleOptions{
                  .kind = ScheduleOptions::Kind::step, .learning_rate = 0.1, .factor = o["factor"], .step_every = o["step_every"]});
    for (std::size_t step = 0; step < 20; ++step) {
      const double expected = golden["rates"][step];
      EXPECT_NEAR(schedule.rate(static_cast<std::int64_t>(step)), expected, 1e-12 * expected) << golden["kind"] << " " << step;
    }
  }
}

}  // namespace
}  // namespace fovea
