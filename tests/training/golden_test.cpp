// Optimisers and schedules against PyTorch (tests/golden/make_torch_goldens.py), in both precisions.
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

Json read_cases(const std::string& name) { return read_json_file(std::string(FOVEA_GOLDEN_FOLDER) + "/" + name)["cases"]; }

std::unique_ptr<Optimizer> make_sgd(const Json& golden, std::vector<NamedParameter> parameters) {
  const SgdOptions options{.momentum = golden["momentum"],
                           .dampening = golden["dampening"],
                           .nesterov = golden["nesterov"],
                           .weight_decay = golden["weight_decay"]};
  return std::make_unique<Sgd>(std::move(parameters), options);
}

std::unique_ptr<Optimizer> make_adamw(const Json& golden, std::vector<NamedParameter> parameters) {
  const AdamWOptions options{
      .beta1 = golden["beta1"], .beta2 = golden["beta2"], .epsilon = golden["epsilon"], .weight_decay = golden["weight_decay"]};
  return std::make_unique<AdamW>(std::move(parameters), options);
}

constexpr std::size_t kCount = 6;

double wave(std::size_t i, double phase) { return std::sin(0.7 * static_cast<double>(i) + phase); }

/// The gradient that the goldens descend.
double gradient_of(std::size_t i, double w) { return (1 + static_cast<double>(i) / 2) * (w - wave(i, 1.1)) + w * w * w / 10; }

/// The tolerance is relative to the largest weight: single weights pass through zero.
template <class T, class Make>
void expect_torchs_weights(const std::string& file, Make make, double tolerance) {
  const Json cases = read_cases(file);
  ASSERT_GE(cases.size(), 3U);
  for (const Json& golden : cases) {
    std::vector<T> weights(kCount), gradient(kCount);
    for (std::size_t i = 0; i < kCount; ++i) weights[i] = static_cast<T>(wave(i, 1.0));
    NamedParameter parameter = test::make_parameter("weight", Tensor::from(weights, {2, 3}));
    const auto optimizer = make(golden, {parameter});
    const auto steps = golden["steps"].get<std::vector<int>>();
    ASSERT_EQ(steps.back(), 20);
    std::size_t compared = 0;
    for (int step = 1; step <= steps.back(); ++step) {
      for (std::size_t i = 0; i < kCount; ++i) gradient[i] = static_cast<T>(gradient_of(i, parameter.variable.value().data<T>()[i]));
      test::set_gradient(parameter, Tensor::from(gradient, {2, 3}));
      optimizer->step(golden["rate"]);
      if (step != steps[compared]) continue;
      const auto expected = golden["weights"][compared++].get<std::vector<double>>();
      const double scale =
          std::abs(*std::max_element(expected.begin(), expected.end(), [](double a, double b) { return std::abs(a) < std::abs(b); }));
      for (std::size_t i = 0; i < kCount; ++i)
        ASSERT_NEAR(parameter.variable.value().data<T>()[i], expected[i], tolerance * scale)
            << golden["name"] << ", step " << step << ", weight " << i;
    }
    ASSERT_EQ(compared, steps.size());
  }
}

TEST(SgdGolden, DoublePrecision) { expect_torchs_weights<double>("sgd.json", make_sgd, 1e-12); }
TEST(SgdGolden, SinglePrecision) { expect_torchs_weights<float>("sgd.json", make_sgd, 1e-5); }
TEST(AdamWGolden, DoublePrecision) { expect_torchs_weights<double>("adamw.json", make_adamw, 1e-12); }
TEST(AdamWGolden, SinglePrecision) { expect_torchs_weights<float>("adamw.json", make_adamw, 1e-5); }

// From the end of the warm-up on; the warm-up's own form (a rate already reached in its last step) is not torch's LinearLR.
TEST(ScheduleGolden, StepAndCosine) {
  const Json cases = read_cases("schedules.json");
  ASSERT_EQ(cases.size(), 4U);
  for (const Json& golden : cases) {
    const std::int64_t warmup = golden.value("warmup", 0);
    ScheduleOptions options{.learning_rate = golden["rate"], .warmup_steps = warmup};
    if (golden["kind"].get<std::string>().ends_with("step")) {
      options.kind = ScheduleOptions::Kind::step;
      options.step_every = golden["step"];
      options.factor = golden["gamma"];
    } else {
      options.final_rate = golden["minimum"];
      options.total_steps = warmup + golden["period"].get<std::int64_t>();
    }
    const Schedule schedule(options);
    const auto rates = golden["rates"].get<std::vector<double>>();
    for (auto step = static_cast<std::size_t>(warmup); step < rates.size(); ++step)
      EXPECT_NEAR(schedule.rate(static_cast<std::int64_t>(step)), rates[step], 1e-12 * options.learning_rate)
          << golden["name"] << ", step " << step;
  }
}

}  // namespace
}  // namespace fovea
