// The training loop: what it calls, in which order, with which numbers.
#include "fovea/training/trainer.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "fovea/base/error.hpp"
#include "fovea/kernels/context.hpp"
#include "fovea/nn/activation.hpp"
#include "fovea/nn/linear.hpp"
#include "fovea/nn/sequential.hpp"
#include "fovea/training/adamw.hpp"
#include "fovea/training/sgd.hpp"
#include "tasks.hpp"

namespace fovea {
namespace {

using test::BlobTask;
using test::NoOptimizer;
using test::ScriptedTask;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::ThrowsMessage;

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

Schedule constant(double rate) { return Schedule({.kind = ScheduleOptions::Kind::constant, .learning_rate = rate}); }

class Journal final : public TrainerHook {
 public:
  void on_step(const StepReport& report) override {
    steps.push_back(report);
    order.push_back("step " + std::to_string(report.epoch) + "." + std::to_string(report.step));
  }
  void on_epoch(const EpochReport& report) override {
    epochs.push_back(report);
    order.push_back("epoch " + std::to_string(report.epoch));
  }
  std::vector<StepReport> steps;
  std::vector<EpochReport> epochs;
  std::vector<std::string> order;
};

Journal& add_journal(Trainer& trainer) {
  auto journal = std::make_unique<Journal>();
  Journal& reference = *journal;
  trainer.add_hook(std::move(journal));
  return reference;
}

TEST(Trainer, LossGoesDown) {
  Linear model(2, 2);
  initialize(model, 1);
  BlobTask task(model);
  Sgd sgd(model.parameters());
  Trainer trainer(task, sgd, constant(0.1), {.epochs = 8, .selection_metric = "val_loss", .larger_is_better = false});
  const Journal& journal = add_journal(trainer);
  const TrainingSummary summary = trainer.run();
  EXPECT_LT(journal.epochs.back().train_loss, 0.1);
  EXPECT_LT(journal.epochs.back().train_loss, journal.epochs.front().train_loss / 2);
  EXPECT_LT(summary.best_value, 0.1);
  EXPECT_THAT(task.epochs_begun, ElementsAre(0, 1, 2, 3, 4, 5, 6, 7));
  EXPECT_TRUE(task.validated_in_evaluation_mode);
  EXPECT_TRUE(grad_enabled());
  for (const NamedParameter& parameter : model.parameters()) EXPECT_FALSE(parameter.variable.grad().defined()) << parameter.name;
}

TEST(Trainer, HooksSeeEveryStepAndEpochInOrder) {
  const auto loss = [](std::int64_t epoch, std::int64_t step) { return static_cast<double>(10 * epoch + step); };
  ScriptedTask task(3, loss, {{{"m", 1}}, {{"m", 2}, {"other", 7}}});
  NoOptimizer optimizer;
  const Schedule schedule({.kind = ScheduleOptions::Kind::step, .learning_rate = 1, .factor = 0.5, .step_every = 2});
  Trainer trainer(task, optimizer, schedule, {.epochs = 2, .selection_metric = "m"});
  const Journal &first = add_journal(trainer), &second = add_journal(trainer);
  trainer.run();
  EXPECT_THAT(first.order, ElementsAre("step 0.0", "step 0.1", "step 0.2", "epoch 0", "step 1.0", "step 1.1", "step 1.2", "epoch 1"));
  EXPECT_EQ(second.order, first.order);

  const double rates[] = {1, 1, 0.5, 0.5, 0.25, 0.25};
  double seconds = 0;
  for (std::size_t i = 0; i < 6; ++i) {
    const StepReport& step = first.steps[i];
    EXPECT_EQ(step.epochs, 2);
    EXPECT_EQ(step.steps, 3);
    EXPECT_EQ(step.loss, static_cast<double>(10 * step.epoch + step.step));
    EXPECT_EQ(step.samples, step.step + 1);
    EXPECT_EQ(step.learning_rate, rates[i]);
    EXPECT_GE(step.seconds, seconds);
    seconds = step.seconds;
  }
  EXPECT_DOUBLE_EQ(first.epochs[0].train_loss, (0 * 1 + 1 * 2 + 2 * 3) / 6.0) << "the mean over samples, not over steps";
  EXPECT_DOUBLE_EQ(first.epochs[1].train_loss, (10 * 1 + 11 * 2 + 12 * 3) / 6.0);
  EXPECT_EQ(first.epochs[0].learning_rate, 0.5);
  EXPECT_EQ(first.epochs[1].learning_rate, 0.25);
  EXPECT_EQ(first.epochs[1].validation, (Metrics{{"m", 2}, {"other", 7}}));
  EXPECT_GT(first.epochs[0].images_per_second, 0);
}

struct Selection {
  std::vector<double> values;
  bool larger_is_better;
  std::int64_t best;
  std::vector<bool> best_so_far;
};

class SelectionTest : public testing::TestWithParam<Selection> {};

INSTANTIATE_TEST_SUITE_P(Rules, SelectionTest,
                         testing::Values(Selection{{1, 3, 2}, true, 1, {true, true, false}},       //
                                         Selection{{1, 3, 3}, true, 1, {true, true, false}},       // ties: the earliest
                                         Selection{{3, 1, 2}, false, 1, {true, true, false}},      //
                                         Selection{{1, 1, 1}, false, 0, {true, false, false}},     //
                                         Selection{{kNan, -2, -3}, true, 1, {true, true, false}},  // a number beats none
                                         Selection{{kNan, 5, 4}, false, 2, {true, true, true}},    //
                                         Selection{{2, kNan, 1}, true, 0, {true, false, false}},   //
                                         Selection{{kNan, kNan, kNan}, true, 0, {true, false, false}}));

TEST_P(SelectionTest, PicksTheBestEpoch) {
  const Selection& selection = GetParam();
  std::vector<Metrics> metrics;
  for (const double value : selection.values) metrics.push_back({{"unrelated", 0}, {"m", value}});
  ScriptedTask task(
      1, [](std::int64_t, std::int64_t) { return 1; }, metrics);
  NoOptimizer optimizer;
  Trainer trainer(task, optimizer, constant(0.1), {.epochs = 3, .selection_metric = "m", .larger_is_better = selection.larger_is_better});
  const Journal& journal = add_journal(trainer);
  const TrainingSummary summary = trainer.run();
  EXPECT_EQ(summary.best_epoch, selection.best);
  for (std::size_t i = 0; i < 3; ++i) EXPECT_EQ(journal.epochs[i].best, selection.best_so_far[i]) << "epoch " << i;
  const double value = selection.values[static_cast<std::size_t>(selection.best)];
  EXPECT_TRUE(summary.best_value == value || (std::isnan(value) && std::isnan(summary.best_value)));
}

TEST(Trainer, StopsAtALossThatIsNotFinite) {
  for (const double bad : {kNan, std::numeric_limits<double>::infinity()}) {
    ScriptedTask task(4, [bad](std::int64_t epoch, std::int64_t step) { return epoch == 1 && step == 2 ? bad : 1.0; },
                      {{{"m", 1}}, {{"m", 1}}, {{"m", 1}}});
    NoOptimizer optimizer;
    Trainer trainer(task, optimizer, constant(0.1), {.epochs = 3, .selection_metric = "m"});
    const Journal& journal = add_journal(trainer);
    EXPECT_THAT([&] { trainer.run(); }, ThrowsMessage<Error>(AllOf(HasSubstr("epoch 2"), HasSubstr("step 3 of 4"))));
    EXPECT_EQ(journal.order.back(), "step 1.1");
  }
}

TEST(Trainer, NamesASelectionMetricThatTheTaskDoesNotReport) {
  ScriptedTask task(1, [](std::int64_t, std::int64_t) { return 1; }, {{{"val_loss", 1}}});
  NoOptimizer optimizer;
  Trainer trainer(task, optimizer, constant(0.1), {.selection_metric = "accuracy"});
  EXPECT_THAT([&] { trainer.run(); }, ThrowsMessage<OptionError>(HasSubstr("\"accuracy\"")));
}

TEST(Trainer, EndsWhenItsPatienceDoes) {
  std::vector<Metrics> metrics;
  for (const double value : {1.0, 3.0, 2.0, 3.0, 9.0, 9.0}) metrics.push_back({{"m", value}});
  ScriptedTask task(
      1, [](std::int64_t, std::int64_t) { return 1; }, metrics);
  NoOptimizer optimizer;
  const auto epochs_with = [&](std::int64_t patience) {
    return Trainer(task, optimizer, constant(0.1), {.epochs = 6, .selection_metric = "m", .patience = patience}).run().epochs;
  };
  EXPECT_EQ(epochs_with(0), 6);
  EXPECT_EQ(epochs_with(1), 3);
  EXPECT_EQ(epochs_with(2), 4) << "an equal value is not better";
  EXPECT_EQ(epochs_with(3), 6);
  EXPECT_THROW(epochs_with(-1), OptionError);
}

TEST(Trainer, RefusesAnUnknownMetricBeforeTheFirstEpoch) {
  class KnownTask final : public ScriptedTask {
   public:
    using ScriptedTask::ScriptedTask;
    std::vector<std::string> metric_names() const override { return {"val_loss", "val_top1"}; }
  };
  KnownTask task(1, [](std::int64_t, std::int64_t) { return 1; }, {{{"val_loss", 1}}});
  NoOptimizer optimizer;
  EXPECT_THAT([&] { Trainer(task, optimizer, constant(0.1), {.selection_metric = "val_top"}); },
              ThrowsMessage<OptionError>(HasSubstr("did you mean \"val_top1\"")));
  const TrainerOptions plateau{.selection_metric = "val_loss", .plateau = PlateauOptions{}, .plateau_metric = "x"};
  EXPECT_THAT([&] { Trainer(task, optimizer, constant(0.1), plateau); }, ThrowsMessage<OptionError>(HasSubstr("unknown metric \"x\"")));
}

TEST(Trainer, RefusesToTrainForNoEpochs) {
  ScriptedTask task(1, [](std::int64_t, std::int64_t) { return 1; }, {});
  NoOptimizer optimizer;
  EXPECT_THROW(Trainer(task, optimizer, constant(0.1), {.epochs = 0}), OptionError);
}

TEST(Trainer, WeightsDoNotDependOnThreads) {
  const auto train = [](int threads) {
    kernels::Context context(threads);
    const kernels::ContextGuard guard(context);
    Sequential model;
    model.emplace<Linear>(2, 300);
    model.emplace<Relu>();
    model.emplace<Linear>(300, 2);
    initialize(model, 1);
    BlobTask task(model);
    AdamW adamw(model.parameters());
    Trainer(task, adamw, constant(0.01), {.epochs = 3, .selection_metric = "val_loss"}).run();
    std::vector<std::vector<float>> weights;
    for (const NamedParameter& parameter : model.parameters()) weights.push_back(parameter.variable.value().to_vector<float>());
    return weights;
  };
  const auto alone = train(1);
  EXPECT_TRUE(train(2) == alone);
  EXPECT_TRUE(train(3) == alone);
}

}  // namespace
}  // namespace fovea
