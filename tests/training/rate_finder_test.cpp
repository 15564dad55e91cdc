#include "fovea/training/rate_finder.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "fovea/base/error.hpp"
#include "fovea/nn/linear.hpp"
#include "fovea/training/sgd.hpp"
#include "tasks.hpp"

namespace fovea {
namespace {

using test::BlobTask;

RateFinderResult find(const RateFinderOptions& options) {
  Linear model(2, 2);
  initialize(model, 1);
  BlobTask task(model);
  Sgd sgd(model.parameters(), {.momentum = 0});
  return find_learning_rate(task, sgd, options);
}

TEST(RateFinder, RatesGrowByEqualRatiosAndLossesAreSmoothed) {
  const RateFinderResult result = find({.lowest = 1e-4, .highest = 1, .updates = 41, .smoothing = 0.5});
  ASSERT_EQ(result.points.size(), 41U);
  EXPECT_FALSE(result.broke);
  EXPECT_DOUBLE_EQ(result.points.front().rate, 1e-4);
  EXPECT_NEAR(result.points.back().rate, 1, 1e-9);
  for (std::size_t i = 1; i < 41; ++i) EXPECT_NEAR(result.points[i].rate / result.points[i - 1].rate, std::pow(10, 0.1), 1e-9);
  const auto& p = result.points;
  EXPECT_DOUBLE_EQ(p[0].smoothed, p[0].loss);
  EXPECT_NEAR(p[2].smoothed, (0.5 * p[2].loss + 0.25 * p[1].loss + 0.125 * p[0].loss) / 0.875, 1e-12);
}

TEST(RateFinder, SuggestsARateThatLearns) {
  const RateFinderResult result = find({.lowest = 1e-5, .highest = 1e4, .updates = 120});
  EXPECT_GT(result.suggestion(), 1e-3) << "the loss does not move yet";
  EXPECT_LT(result.suggestion(), 10);
  EXPECT_LE(result.suggestion(), result.least / 10);
  EXPECT_LE(result.steepest, result.least);
  Linear model(2, 2);
  initialize(model, 1);
  BlobTask task(model);
  Sgd sgd(model.parameters(), {.momentum = 0});
  const double before = task.validate()[0].second;
  Trainer(task, sgd, Schedule({.kind = ScheduleOptions::Kind::constant, .learning_rate = result.suggestion()}),
          {.epochs = 5, .selection_metric = "val_loss", .larger_is_better = false})
      .run();
  EXPECT_LT(task.validate()[0].second, 0.7 * before);
}

/// Losses that are given, whatever the rates.
RateFinderResult find_in(const test::ScriptedTask::Loss& loss) {
  test::ScriptedTask task(1000, loss, {});
  test::NoOptimizer optimizer;
  return find_learning_rate(task, optimizer, {.lowest = 1e-5, .highest = 1, .updates = 101, .smoothing = 0});
}

TEST(RateFinder, EndsWhenTheLossBreaks) {
  // Falls slowly, fastest around update 50, is least at 70, and breaks at 80; the rate of update i is 1e-5 * 10^(i / 20).
  const auto falling = [](std::int64_t, std::int64_t step) {
    if (step >= 80) return 100.0;
    return step < 45 ? 3.0 - 0.001 * static_cast<double>(step)
                     : std::max(1.0, 3.0 - 0.2 * static_cast<double>(step - 45)) + (step == 70 ? -0.1 : 0.0);
  };
  const RateFinderResult broken = find_in(falling);
  EXPECT_TRUE(broken.broke);
  EXPECT_EQ(broken.points.size(), 81U);
  EXPECT_NEAR(broken.least, 1e-5 * std::pow(10, 3.5), 1e-9);
  EXPECT_NEAR(broken.steepest, 1e-5 * std::pow(10, 2.4), 1e-5 * std::pow(10, 2.4) * 0.3) << "between updates 46 and 52";
  EXPECT_EQ(broken.suggestion(), std::min(broken.steepest, broken.least / 10));

  const RateFinderResult infinite =
      find_in([&](std::int64_t epoch, std::int64_t step) { return step == 75 ? HUGE_VAL : falling(epoch, step); });
  EXPECT_TRUE(infinite.broke);
  EXPECT_EQ(infinite.points.size(), 75U);
  EXPECT_THROW(find_in([](std::int64_t, std::int64_t) { return HUGE_VAL; }), Error);
}

TEST(RateFinder, RefusesNonsense) {
  EXPECT_THROW(find({.lowest = 0}), OptionError);
  EXPECT_THROW(find({.lowest = 1, .highest = 0.1}), OptionError);
  EXPECT_THROW(find({.updates = 9}), OptionError);
  EXPECT_THROW(find({.smoothing = 1}), OptionError);
  EXPECT_THROW(find({.give_up = 1}), OptionError);
}

}  // namespace
}  // namespace fovea
