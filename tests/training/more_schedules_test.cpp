// Schedules and plateaus against PyTorch (tests/golden/make_schedule_goldens.py), and options out of range.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <nlohmann/json.hpp>
#include <string>

#include "fovea/base/error.hpp"
#include "fovea/base/json.hpp"
#include "fovea/training/schedule.hpp"

namespace fovea {
namespace {

using Kind = ScheduleOptions::Kind;
using testing::HasSubstr;
using testing::ThrowsMessage;

Json read_cases(const std::string& name) { return read_json_file(std::string(FOVEA_GOLDEN_FOLDER) + "/" + name)["cases"]; }

const std::map<std::string, Kind> kKinds = {{"constant", Kind::constant},
                                            {"step", Kind::step},
                                            {"multi_step", Kind::multi_step},
                                            {"exponential", Kind::exponential},
                                            {"inverse_time", Kind::inverse_time},
                                            {"linear", Kind::linear},
                                            {"polynomial", Kind::polynomial},
                                            {"cosine", Kind::cosine},
                                            {"cosine_restarts", Kind::cosine_restarts},
                                            {"one_cycle", Kind::one_cycle}};

TEST(MoreSchedules, AreTorchsForAHundredSteps) {
  const Json cases = read_cases("more_schedules.json");
  ASSERT_EQ(cases.size(), 17U);
  std::map<std::string, int> seen;
  for (const Json& golden : cases) {
    const std::string kind = golden["kind"];
    ++seen[kind];
    ScheduleOptions options{.kind = kKinds.at(kind), .learning_rate = golden["rate"]};
    options.final_rate = golden.value("final", 0.0);
    options.factor = golden.value("factor", 0.1);
    options.step_every = golden.value("step", 0);
    options.total_steps = golden.value("total", 0);
    options.warmup_steps = golden.value("warmup", 0);
    options.warmup =
        golden.value("warmup_kind", "linear") == "linear" ? ScheduleOptions::WarmUp::linear : ScheduleOptions::WarmUp::constant;
    options.warmup_factor = golden.value("warmup_factor", 0.0);
    options.milestones = golden.value("milestones", std::vector<std::int64_t>{});
    options.decay = golden.value("decay", 0.0);
    options.power = golden.value("power", 1.0);
    options.period = golden.value("period", 0);
    options.period_factor = golden.value("period_factor", 1);
    options.rising_share = golden.value("rising_share", 0.3);
    options.initial_divisor = golden.value("initial_divisor", 25.0);
    options.final_divisor = golden.value("final_divisor", 1e4);
    options.linear_cycle = golden.value("linear", false);
    options.three_phases = golden.value("three_phases", false);
    const Schedule schedule(options);
    const auto rates = golden["rates"].get<std::vector<double>>();
    ASSERT_GE(rates.size(), 99U);
    for (std::size_t step = 0; step < rates.size(); ++step)
      EXPECT_NEAR(schedule.rate(static_cast<std::int64_t>(step)), rates[step], 1e-12) << kind << " " << seen[kind] << ", step " << step;
  }
  EXPECT_EQ(seen.size(), kKinds.size()) << "a kind without a golden";
}

TEST(MoreSchedules, StayAtTheirEnd) {
  for (const Kind kind : {Kind::linear, Kind::polynomial, Kind::cosine, Kind::one_cycle}) {
    const Schedule schedule({.kind = kind, .learning_rate = 1, .final_rate = 1.0 / 25e4, .total_steps = 20, .warmup_steps = 4});
    EXPECT_NEAR(schedule.rate(20), 1.0 / 25e4, 1e-12);
    EXPECT_EQ(schedule.rate(20), schedule.rate(1'000'000));
    EXPECT_GT(schedule.rate(10), schedule.rate(20));
  }
  EXPECT_NEAR(Schedule({.kind = Kind::one_cycle, .learning_rate = 1, .total_steps = 1}).rate(0), 1 / 25e4, 1e-15) << "too short to climb";
}

TEST(MoreSchedules, RefuseOptionsOutOfRange) {
  EXPECT_THAT([] { Schedule({.kind = Kind::multi_step, .milestones = {3, 2}}); }, ThrowsMessage<OptionError>(HasSubstr("ascending")));
  EXPECT_THROW(Schedule({.kind = Kind::exponential, .factor = 0}), OptionError);
  EXPECT_THROW(Schedule({.kind = Kind::inverse_time, .decay = -1}), OptionError);
  EXPECT_THROW(Schedule({.kind = Kind::linear}), OptionError) << "no length";
  EXPECT_THROW(Schedule({.kind = Kind::polynomial, .total_steps = 3, .power = 0}), OptionError);
  EXPECT_THAT([] { Schedule({.kind = Kind::cosine_restarts}); }, ThrowsMessage<OptionError>(HasSubstr("found 0 and 1")));
  EXPECT_THROW(Schedule({.kind = Kind::cosine_restarts, .period = 2, .period_factor = 0}), OptionError);
  for (const double share : {0.0, 1.0, std::nan("")})
    EXPECT_THROW(Schedule({.kind = Kind::one_cycle, .total_steps = 9, .rising_share = share}), OptionError) << share;
  EXPECT_THROW(Schedule({.kind = Kind::one_cycle, .total_steps = 9, .rising_share = 0.5, .three_phases = true}), OptionError);
  EXPECT_THROW(Schedule({.kind = Kind::one_cycle, .total_steps = 9, .initial_divisor = 0}), OptionError);
  EXPECT_THROW(Schedule({.kind = Kind::constant, .warmup_steps = 5, .warmup = ScheduleOptions::WarmUp::constant}), OptionError);
}

TEST(ReduceOnPlateau, IsTorchsForAHundredEpochs) {
  const Json cases = read_cases("plateau.json");
  ASSERT_EQ(cases.size(), 4U);
  for (const Json& golden : cases) {
    ReduceOnPlateau plateau(golden["rate"], {.factor = golden["factor"],
                                             .patience = golden["patience"],
                                             .threshold = golden["threshold"],
                                             .relative = golden["relative"],
                                             .cooldown = golden["cooldown"],
                                             .minimum = golden["minimum"],
                                             .larger_is_better = golden["larger_is_better"]});
    const auto rates = golden["rates"].get<std::vector<double>>();
    ASSERT_EQ(rates.size(), 100U);
    EXPECT_LT(rates.back(), rates.front() / 5) << "a golden in which little happens";
    for (std::size_t epoch = 0; epoch < rates.size(); ++epoch) {
      const auto e = static_cast<double>(epoch);
      const double metric = std::round((1 / (1 + e / 7) + 0.05 * std::sin(1.3 * e)) * 1000) / 1000;
      EXPECT_NEAR(plateau.observe(golden["larger_is_better"] ? -metric : metric), rates[epoch], 1e-12)
          << golden["factor"] << ", epoch " << epoch;
    }
  }
}

TEST(ReduceOnPlateau, WhatIsNotANumberIsNoImprovement) {
  ReduceOnPlateau plateau(1, {.factor = 0.5, .patience = 1});
  EXPECT_EQ(plateau.observe(std::nan("")), 1);
  EXPECT_EQ(plateau.observe(std::nan("")), 0.5);
  EXPECT_EQ(plateau.observe(3), 0.5);
  EXPECT_EQ(plateau.observe(2), 0.5);
}

TEST(ReduceOnPlateau, RefusesOptionsOutOfRange) {
  for (const double factor : {0.0, 1.0, std::nan("")}) EXPECT_THROW(ReduceOnPlateau(1, {.factor = factor}), OptionError) << factor;
  EXPECT_THROW(ReduceOnPlateau(0, {}), OptionError);
  EXPECT_THROW(ReduceOnPlateau(1, {.patience = -1}), OptionError);
  EXPECT_THROW(ReduceOnPlateau(1, {.cooldown = -1}), OptionError);
  EXPECT_THROW(ReduceOnPlateau(1, {.minimum = -1}), OptionError);
  EXPECT_THROW(ReduceOnPlateau(1, {.threshold = -1}), OptionError);
}

}  // namespace
}  // namespace fovea
