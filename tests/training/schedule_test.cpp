// Learning rates by step: values worked by hand.
#include "fovea/training/schedule.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "fovea/base/error.hpp"

namespace fovea {
namespace {

using Kind = ScheduleOptions::Kind;
using testing::HasSubstr;
using testing::ThrowsMessage;

TEST(Schedule, ConstantStays) {
  const Schedule schedule({.kind = Kind::constant, .learning_rate = 0.3});
  for (const std::int64_t step : {0, 1, 1'000'000}) EXPECT_EQ(schedule.rate(step), 0.3);
}

TEST(Schedule, WarmUpRisesInEqualStepsToThePeak) {
  const Schedule schedule({.kind = Kind::constant, .learning_rate = 0.4, .warmup_steps = 4});
  EXPECT_DOUBLE_EQ(schedule.rate(0), 0.1);
  EXPECT_DOUBLE_EQ(schedule.rate(1), 0.2);
  EXPECT_DOUBLE_EQ(schedule.rate(2), 0.3);
  EXPECT_DOUBLE_EQ(schedule.rate(3), 0.4);
  EXPECT_DOUBLE_EQ(schedule.rate(4), 0.4);
}

TEST(Schedule, StepMultipliesAgainAndAgain) {
  const Schedule schedule({.kind = Kind::step, .learning_rate = 0.8, .factor = 0.5, .step_every = 3, .warmup_steps = 2});
  const double expected[] = {0.4, 0.8, 0.8, 0.8, 0.8, 0.4, 0.4, 0.4, 0.2};
  for (std::int64_t step = 0; step < 9; ++step) EXPECT_DOUBLE_EQ(schedule.rate(step), expected[step]) << step;
}

TEST(Schedule, CosineGoesFromThePeakToTheFinalRate) {
  const Schedule schedule({.learning_rate = 1, .final_rate = 0.2, .total_steps = 14, .warmup_steps = 2});
  EXPECT_DOUBLE_EQ(schedule.rate(1), 1);
  EXPECT_DOUBLE_EQ(schedule.rate(2), 1);
  EXPECT_DOUBLE_EQ(schedule.rate(2 + 4), 0.8);  // cos 60 degrees
  EXPECT_DOUBLE_EQ(schedule.rate(2 + 6), 0.6);
  EXPECT_DOUBLE_EQ(schedule.rate(2 + 8), 0.4);
  EXPECT_DOUBLE_EQ(schedule.rate(14), 0.2);
  EXPECT_DOUBLE_EQ(schedule.rate(1000), 0.2) << "and stays there";
}

TEST(Schedule, CosineFallsAtEveryStep) {
  const Schedule schedule({.learning_rate = 0.1, .total_steps = 50});
  for (std::int64_t step = 1; step <= 50; ++step) EXPECT_LT(schedule.rate(step), schedule.rate(step - 1)) << step;
}

TEST(Schedule, RefusesOptionsOutOfRange) {
  constexpr double kNan = std::numeric_limits<double>::quiet_NaN(), kInfinity = std::numeric_limits<double>::infinity();
  for (const double rate : {0.0, -1.0, kNan, kInfinity})
    EXPECT_THROW(Schedule({.kind = Kind::constant, .learning_rate = rate}), OptionError) << rate;
  for (const double rate : {-0.1, kNan, kInfinity}) EXPECT_THROW(Schedule({.final_rate = rate, .total_steps = 10}), OptionError) << rate;
  EXPECT_THAT([] { Schedule({.kind = Kind::constant, .warmup_steps = -1}); }, ThrowsMessage<OptionError>(HasSubstr("found -1")));
  EXPECT_THROW(Schedule({.kind = Kind::step}), OptionError) << "step_every is 0";
  EXPECT_THROW(Schedule({.kind = Kind::step, .factor = 0, .step_every = 1}), OptionError);
  EXPECT_THROW(Schedule({.kind = Kind::step, .factor = kNan, .step_every = 1}), OptionError);
  EXPECT_THROW(Schedule({.kind = Kind::step, .factor = kInfinity, .step_every = 1}), OptionError);
  EXPECT_THROW(Schedule({}), OptionError) << "a cosine without a length";
  EXPECT_THROW(Schedule({.total_steps = 5, .warmup_steps = 5}), OptionError);
}

}  // namespace
}  // namespace fovea
