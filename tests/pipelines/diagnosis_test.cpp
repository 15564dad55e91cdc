// Every rule on logs that are made to break it, and to keep it.
#include "fovea/pipelines/diagnosis.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "fovea/base/error.hpp"

namespace fovea {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

/// Ten classes: even odds have the loss 2.3026.
RunHistory run_with(const std::vector<double>& train, const std::vector<double>& validation) {
  RunHistory run{.name = "run", .results = {.columns = {"epoch", "train_loss", "val_loss", "val_top1"}, .rows = {}}, .classes = 10};
  for (std::size_t i = 0; i < train.size(); ++i) run.results.rows.push_back({static_cast<double>(i + 1), train[i], validation[i], 0.5});
  return run;
}

LoggedStep step_with(std::int64_t update, double loss, double rate, const std::vector<double>& ratios) {
  LoggedStep step{
      .update = update, .epoch = 1, .loss = loss, .learning_rate = rate, .gradient_norm = 1, .images_per_second = 1, .weights = {}};
  for (std::size_t i = 0; i < ratios.size(); ++i) step.weights.push_back({"w" + std::to_string(i), 1, 1, ratios[i]});
  return step;
}

std::string rules_of(const RunHistory& run) {
  std::string rules;
  for (const Finding& finding : diagnose(run)) rules += finding.rule + (finding.kind == Finding::Kind::problem ? "! " : " ");
  return rules;
}

std::string statement_of(const RunHistory& run, const std::string& rule) {
  for (const Finding& finding : diagnose(run))
    if (finding.rule == rule) return finding.statement;
  return "no such finding: " + rules_of(run);
}

TEST(Diagnosis, AHealthyRunIsCalledSo) {
  RunHistory run = run_with({2, 1, 0.6, 0.5, 0.45, 0.44, 0.438, 0.437}, {2, 1.1, 0.7, 0.62, 0.58, 0.57, 0.57, 0.57});
  for (int i = 0; i < 10; ++i) run.steps.push_back(step_with(i + 1, 2.0 - 0.1 * i, 0.1, {1e-3, 2e-3, 5e-4}));
  run.dead_channels = {{"conv1", 0.05}};
  EXPECT_EQ(rules_of(run), "update_ratio healthy ");
}

TEST(Diagnosis, Overfitting) {
  const RunHistory rising = run_with({2, 1.5, 1.0, 0.9, 0.8}, {2, 1.4, 1.1, 1.2, 1.3});
  EXPECT_THAT(rules_of(rising), HasSubstr("overfitting!"));
  EXPECT_THAT(statement_of(rising, "overfitting"), AllOf(HasSubstr("0.8000"), HasSubstr("1.3000"), HasSubstr("up from 1.1000 in epoch 3")));
  EXPECT_THAT(rules_of(run_with({2, 0.5, 0.10}, {2, 1.0, 0.95})), HasSubstr("overfitting!")) << "a gap alone";
  EXPECT_THAT(rules_of(run_with({2, 1.5, 1.0}, {2, 1.6, 1.2})), Not(HasSubstr("overfitting")));
  EXPECT_THAT(rules_of(run_with({0.1, 0.01, 0.001}, {0.1, 0.02, 0.01})), Not(HasSubstr("overfitting"))) << "both next to nothing";
}

TEST(Diagnosis, UnderfittingAndUnfinished) {
  EXPECT_THAT(rules_of(run_with({2.0, 1.8, 1.75, 1.75, 1.75}, {2.0, 1.8, 1.76, 1.76, 1.76})), HasSubstr("underfitting!"));
  const RunHistory falling = run_with({2.0, 1.8, 1.6, 1.4}, {2.0, 1.8, 1.6, 1.4});
  EXPECT_THAT(rules_of(falling), AllOf(HasSubstr("unfinished"), Not(HasSubstr("underfitting"))));
  EXPECT_THAT(statement_of(falling, "unfinished"), HasSubstr("12.5 %"));
  EXPECT_THAT(rules_of(run_with({2.0, 0.9, 0.85, 0.85, 0.85}, {2.0, 0.9, 0.9, 0.9, 0.9})), Not(HasSubstr("underfitting"))) << "low enough";
}

TEST(Diagnosis, NothingLearnt) {
  EXPECT_EQ(rules_of(run_with({2.31, 2.304, 2.303, 2.302}, {2.31, 2.304, 2.303, 2.303})), "no_learning! ");
  EXPECT_THAT(rules_of(run_with({305, 2.34, 2.31}, {2.3, 2.3, 2.3})), HasSubstr("no_learning!")) << "after an explosion";
  EXPECT_THAT(rules_of(run_with({2.31, 2.2, 2.1, 2.0}, {2.31, 2.2, 2.1, 2.0})), Not(HasSubstr("no_learning")));
  RunHistory unknown = run_with({2.31, 2.304}, {2.31, 2.304});
  unknown.classes = 0;
  EXPECT_THAT(rules_of(unknown), Not(HasSubstr("no_learning"))) << "even odds are not known";
}

TEST(Diagnosis, LossesThatAreNoNumbers) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const RunHistory run = run_with({2, 1.9, nan}, {2, 1.9, nan});
  EXPECT_EQ(rules_of(run), "not_finite! ");
  EXPECT_THAT(statement_of(run, "not_finite"), HasSubstr("epoch 3"));
}

TEST(Diagnosis, LearningRates) {
  const auto with = [](const std::vector<double>& ratios) {
    RunHistory run{.name = "run", .results = {}};
    for (int i = 0; i < 5; ++i) run.steps.push_back(step_with(i + 1, 2, 0.1, ratios));
    run.steps.push_back(step_with(9, 2, 0.001, {1e-9, 1e-9, 1e-9}));  // at a low rate: does not count
    return run;
  };
  EXPECT_EQ(rules_of(with({0.05, 1e-3, 1e-3})), "rate_too_high! ");
  EXPECT_THAT(statement_of(with({0.05, 1e-3, 1e-3}), "rate_too_high"), AllOf(HasSubstr("1 of 3 weights"), HasSubstr("w0 (0.050)")));
  EXPECT_EQ(rules_of(with({1e-5, 5e-5, 1e-3})), "rate_too_low! ");
  EXPECT_EQ(rules_of(with({1e-3, 1e-2, 1e-3})), "update_ratio ") << "0.01 is about okay";
  RunHistory jump = with({1e-3, 1e-3, 1e-3});
  jump.steps[4].loss = 6.1;
  EXPECT_EQ(rules_of(jump), "update_ratio rate_too_high! ");
  EXPECT_THAT(statement_of(jump, "rate_too_high"), HasSubstr("update 5"));
  jump.steps[4].loss = 5.9;
  EXPECT_EQ(rules_of(jump), "update_ratio ");
}

TEST(Diagnosis, DeadUnits) {
  RunHistory run = run_with({2}, {2});
  run.dead_channels = {{"conv1", 0.05}, {"conv2", 0.25}, {"fc1", 1}};
  EXPECT_EQ(rules_of(run), "dead_units dead_units! ");
  EXPECT_THAT(statement_of(run, "dead_units"), HasSubstr("25 % of the channels of conv2"));
}

TEST(Diagnosis, VanishingGradients) {
  RunHistory run{.name = "run", .results = {}};
  run.steps.push_back(step_with(1, 2, 0.1, {1e-3, 1e-3, 1e-3}));
  run.steps[0].weights[0].gradient_norm = 5e-4;
  EXPECT_THAT(rules_of(run), HasSubstr("vanishing!"));
  run.steps[0].weights[0].gradient_norm = 5e-3;
  EXPECT_THAT(rules_of(run), Not(HasSubstr("vanishing")));
}

TEST(Diagnosis, ObjectiveOrOptimiser) {
  const auto outcome = [](double loss, double top1) {
    RunHistory run = run_with({9, loss}, {9, 1});
    run.results.rows[0][3] = 0;
    run.results.rows[1][3] = top1;
    return run;
  };
  const RunHistory other = outcome(1, 0.5);
  const auto verdict = [&](double loss, double top1) { return compare_runs(outcome(loss, top1), other).statement; };
  EXPECT_THAT(verdict(0.5, 0.4), HasSubstr("wrong objective"));
  EXPECT_THAT(verdict(1.5, 0.4), HasSubstr("optimiser did not get as far"));
  EXPECT_THAT(verdict(1.5, 0.6), HasSubstr("luck"));
  EXPECT_THAT(verdict(0.5, 0.6), HasSubstr("agree"));
  EXPECT_THROW(compare_runs(RunHistory{.name = "empty", .results = {}}, other), OptionError);
}

}  // namespace
}  // namespace fovea
