// Clipping, penalties, unit norms, averaged weights, accumulation: what happens around an update.
#include "fovea/training/gradients.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "fovea/autograd/ops/arithmetic.hpp"
#include "fovea/autograd/ops/sum.hpp"
#include "fovea/base/error.hpp"
#include "fovea/kernels/context.hpp"
#include "fovea/nn/activation.hpp"
#include "fovea/nn/linear.hpp"
#include "fovea/nn/sequential.hpp"
#include "fovea/training/sgd.hpp"
#include "fovea/training/step_hooks.hpp"
#include "support/values.hpp"
#include "tasks.hpp"

namespace fovea {
namespace {

using test::make_parameter;
using test::set_gradient;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::ThrowsMessage;

/// Gradients (3, 0) and (4): norm 5. The third parameter has none.
std::vector<NamedParameter> three_four() {
  std::vector<NamedParameter> parameters{make_parameter("a.weight", Tensor::from<double>({1, -2}, {2, 1})),
                                         make_parameter("b.bias", Tensor::from<float>({5}, {1})),
                                         make_parameter("c.weight", Tensor::from<float>({7}, {1, 1}))};
  set_gradient(parameters[0], Tensor::from<double>({3, 0}, {2, 1}));
  set_gradient(parameters[1], Tensor::from<float>({4}, {1}));
  return parameters;
}
std::vector<double> gradient_of(const NamedParameter& parameter) { return parameter.variable.grad().to(DType::f64).to_vector<double>(); }
std::vector<double> weight_of(const NamedParameter& parameter) { return parameter.variable.value().to(DType::f64).to_vector<double>(); }

TEST(ClipGradientNorm, ScalesAllTogetherAndReturnsTheNormBefore) {
  auto parameters = three_four();
  EXPECT_EQ(clip_gradient_norm(parameters, 6), 5);
  EXPECT_THAT(gradient_of(parameters[0]), ElementsAre(3, 0)) << "small enough";
  EXPECT_EQ(clip_gradient_norm(parameters, 2.5), 5);
  EXPECT_THAT(gradient_of(parameters[0]), ElementsAre(1.5, 0));
  EXPECT_THAT(gradient_of(parameters[1]), ElementsAre(2));
  EXPECT_EQ(gradient_norm(parameters), 2.5);
  EXPECT_FALSE(parameters[2].variable.grad().defined());
  EXPECT_EQ(clip_gradient_norm({}, 1), 0);
  EXPECT_THAT([&] { clip_gradient_norm(parameters, 0); }, ThrowsMessage<OptionError>(HasSubstr("found 0")));
}

TEST(ClipGradientNorm, LeavesWhatIsNotFiniteForOthersToSee) {
  auto parameters = three_four();
  set_gradient(parameters[1], Tensor::full({1}, std::numeric_limits<double>::infinity()));
  EXPECT_TRUE(std::isinf(clip_gradient_norm(parameters, 1)));
  EXPECT_THAT(gradient_of(parameters[0]), ElementsAre(3, 0));
}

TEST(ClipGradientNorm, ItsBitsDoNotDependOnThreads) {
  const auto run = [](int threads) {
    kernels::Context context(threads);
    const kernels::ContextGuard guard(context);
    NamedParameter parameter = make_parameter("w", Tensor::zeros({100'003}));
    set_gradient(parameter, Tensor::from(test::random_values<float>(100'003, 1), {100'003}));
    return gradient_norm({parameter});
  };
  EXPECT_EQ(run(1), run(2));
  EXPECT_EQ(run(1), run(3));
  EXPECT_NEAR(run(1), std::sqrt(100'003 / 3.0), 1);
}

TEST(Gradients, ASharedGradientIsNotScaledTwice) {
  // d (a + b) is one tensor for both.
  const NamedParameter a = make_parameter("a", Tensor::full({2}, 1)), b = make_parameter("b", Tensor::full({2}, 1));
  backward(sum(a.variable + b.variable));
  scale_gradients({a, b}, 0.5);
  EXPECT_THAT(gradient_of(a), ElementsAre(0.5, 0.5));
  EXPECT_THAT(gradient_of(b), ElementsAre(0.5, 0.5));
}

TEST(ClipGradientValues, CutsBothEndsOff) {
  auto parameters = three_four();
  set_gradient(parameters[0], Tensor::from<double>({-3, 0.5}, {2, 1}));
  clip_gradient_values(parameters, 1);
  EXPECT_THAT(gradient_of(parameters[0]), ElementsAre(-1, 0.5));
  EXPECT_THAT(gradient_of(parameters[1]), ElementsAre(1));
  EXPECT_THROW(clip_gradient_values(parameters, -1), OptionError);
}

TEST(Penalty, AddsSignsAndWeightsWhereThePatternAndTheDecayRuleSaySo) {
  auto parameters = three_four();
  add_penalty_gradients(parameters, {.l1 = 0.5, .l2 = 0.25});
  EXPECT_THAT(gradient_of(parameters[0]), ElementsAre(3 + 0.5 + 0.25, 0 - 0.5 - 0.5));
  EXPECT_THAT(gradient_of(parameters[1]), ElementsAre(4)) << "a bias";
  EXPECT_EQ(penalty(parameters, {.l1 = 0.5, .l2 = 0.25}), 0.5 * (1 + 2 + 7) + 0.125 * (1 + 4 + 49));
  EXPECT_EQ(penalty(parameters, {.l1 = 1, .pattern = "b.*"}), 0);
  EXPECT_EQ(penalty(parameters, {.l1 = 1, .pattern = "b.*", .biases_and_norms = true}), 5);
  EXPECT_THROW(add_penalty_gradients(parameters, {.l1 = -1}), OptionError);
}

TEST(Penalty, ItsGradientIsItsSlope) {
  const PenaltyOptions options{.l1 = 0.3, .l2 = 0.7, .biases_and_norms = true};
  const auto value_at = [&](double w) { return penalty({make_parameter("w", Tensor::full({1}, w, DType::f64))}, options); };
  for (const double w : {-1.5, 0.25, 2.0}) {
    NamedParameter parameter = make_parameter("w", Tensor::full({1}, w, DType::f64));
    set_gradient(parameter, Tensor::zeros({1}, DType::f64));
    add_penalty_gradients({parameter}, options);
    EXPECT_NEAR(gradient_of(parameter)[0], (value_at(w + 1e-5) - value_at(w - 1e-5)) / 2e-5, 1e-9);
  }
}

TEST(LimitUnitNorms, ScalesTheLongUnitsOnly) {
  std::vector<NamedParameter> parameters{make_parameter("a.weight", Tensor::from<double>({3, 4, 0.3, 0.4, 0, 0}, {3, 2})),
                                         make_parameter("a.bias", Tensor::from<double>({9}, {1})),
                                         make_parameter("b.weight", Tensor::from<float>({3, 4}, {1, 1, 2, 1}))};
  limit_unit_norms(parameters, 1, "a.*");
  const std::vector<double> a = weight_of(parameters[0]);
  EXPECT_NEAR(a[0], 0.6, 1e-15);
  EXPECT_NEAR(a[1], 0.8, 1e-15);
  EXPECT_THAT(std::vector<double>(a.begin() + 2, a.end()), ElementsAre(0.3, 0.4, 0, 0));
  EXPECT_THAT(weight_of(parameters[1]), ElementsAre(9));
  EXPECT_THAT(weight_of(parameters[2]), ElementsAre(3, 4));
  limit_unit_norms(parameters, 2.5);
  EXPECT_THAT(weight_of(parameters[2]), ElementsAre(1.5, 2));
  EXPECT_THROW(limit_unit_norms(parameters, 0), OptionError);
}

TEST(WeightAverage, ExponentialAndEqual) {
  const NamedParameter w = make_parameter("w", Tensor::full({2}, 8, DType::f64));
  WeightAverage slow({w}, {.decay = 0.5, .ramp = false}), ramped({w}, {.decay = 0.5}),
      equal({w}, {.kind = WeightAverageOptions::Kind::equal});
  std::vector<double> slows, rampeds, equals;
  for (const double value : {4, 2, 6}) {
    Tensor(w.variable.value()).fill_(value);
    for (WeightAverage* average : {&slow, &ramped, &equal}) average->update();
    slows.push_back(slow.averages()[0].data<double>()[1]);
    rampeds.push_back(ramped.averages()[0].data<double>()[1]);
    equals.push_back(equal.averages()[0].data<double>()[1]);
  }
  EXPECT_THAT(slows, ElementsAre(6, 4, 5));
  EXPECT_THAT(equals, ElementsAre(4, 3, 4));
  // Decays 1/10, 2/11, 3/12.
  EXPECT_NEAR(rampeds[0], 0.8 + 0.9 * 4, 1e-14);
  EXPECT_NEAR(rampeds[1], rampeds[0] * 2 / 11 + 2 * 9.0 / 11, 1e-14);
  EXPECT_NEAR(rampeds[2], rampeds[1] / 4 + 6 * 0.75, 1e-14);
  EXPECT_THROW(WeightAverage({w}, {.decay = 1}), OptionError);
}

TEST(WeightAverage, TheGuardSwapsAndSwapsBack) {
  const NamedParameter w = make_parameter("w", Tensor::full({2}, 8));
  WeightAverage average({w}, {.decay = 0.5, .ramp = false});
  Tensor(w.variable.value()).fill_(4);
  average.update();
  const auto version = w.variable.value().storage().version();
  {
    const AveragedWeightsGuard guard(average);
    EXPECT_THAT(weight_of(w), ElementsAre(6, 6));
    EXPECT_THROW(AveragedWeightsGuard{average}, Error);
    EXPECT_THROW(average.update(), Error);
  }
  EXPECT_THAT(weight_of(w), ElementsAre(4, 4));
  EXPECT_GT(w.variable.value().storage().version(), version) << "graphs that saved the weights can see it";
  EXPECT_EQ(average.averages()[0].data<float>()[0], 6);
}

Schedule constant(double rate) { return Schedule({.kind = ScheduleOptions::Kind::constant, .learning_rate = rate}); }

/// A small network trained on BlobTask.
struct Training {
  Training() {
    model.emplace<Linear>(2, 20);
    model.emplace<Relu>();
    model.emplace<Linear>(20, 2);
    initialize(model, 1);
  }
  std::vector<double> weights() const {
    std::vector<double> all;
    for (const NamedParameter& parameter : model.parameters())
      for (const double value : weight_of(parameter)) all.push_back(value);
    return all;
  }
  Sequential model;
};

/// BlobTask's batches joined: `join` of them are one.
class LargeBatches final : public test::BlobTask {
 public:
  LargeBatches(Layer& model, std::int64_t join) : BlobTask(model), join_(join) {}
  std::int64_t steps_per_epoch() const override { return (BlobTask::steps_per_epoch() + join_ - 1) / join_; }
  void begin_epoch(std::int64_t epoch, std::int64_t first_batch) override {
    left_ = BlobTask::steps_per_epoch() - first_batch * join_;
    BlobTask::begin_epoch(epoch, first_batch * join_);
  }
  Step next_step() override {
    const std::int64_t joined = std::min(join_, left_);
    left_ -= joined;
    Step all;
    for (std::int64_t i = 0; i < joined; ++i) {
      const Step one = BlobTask::next_step();
      all.loss = all.loss.defined() ? all.loss + one.loss : one.loss;
      all.samples += one.samples;
    }
    all.loss = affine(all.loss, 1.0 / static_cast<double>(joined));
    return all;
  }

 private:
  std::int64_t join_, left_ = 0;
};

TEST(Accumulation, IsTheLargeBatchWithinRounding) {
  for (const std::int64_t join : {2, 3, 4}) {  // of 4 batches an epoch: 3 leaves one over
    Training small, large;
    test::BlobTask batches(small.model);
    LargeBatches joined(large.model, join);
    Sgd small_sgd(small.model.parameters()), large_sgd(large.model.parameters());
    Trainer accumulating(batches, small_sgd, constant(0.1), {.epochs = 3, .selection_metric = "val_loss", .accumulate = join});
    Trainer plain(joined, large_sgd, constant(0.1), {.epochs = 3, .selection_metric = "val_loss"});
    EXPECT_EQ(accumulating.updates_per_epoch(), (4 + join - 1) / join);
    const double a = accumulating.run().best_value, b = plain.run().best_value;
    EXPECT_NEAR(a, b, 1e-5) << join;
    const std::vector<double> few = small.weights(), many = large.weights();
    for (std::size_t i = 0; i < few.size(); ++i) ASSERT_NEAR(few[i], many[i], 1e-5) << join << ", weight " << i;
  }
  Training none;
  test::BlobTask task(none.model);
  Sgd sgd(none.model.parameters());
  EXPECT_THROW(Trainer(task, sgd, constant(0.1), {.accumulate = 0}), OptionError);
}

TEST(StepHooks, ClipPenaltyAndMaxNormActOnEveryStep) {
  Training free, held;
  const auto run = [](Training& training, bool hooks) {
    test::BlobTask task(training.model);
    Sgd sgd(training.model.parameters());
    Trainer trainer(task, sgd, constant(0.5), {.epochs = 4, .selection_metric = "val_loss"});
    if (hooks) {
      trainer.add_hook(std::make_shared<PenaltyHook>(sgd.parameters(), PenaltyOptions{.l1 = 1e-3, .l2 = 1e-2}));
      trainer.add_hook(std::make_shared<GradientClipHook>(sgd.parameters(), 0.5, 0.2));
      trainer.add_hook(std::make_shared<MaxNormHook>(sgd.parameters(), 0.7));
    }
    trainer.run();
    double longest = 0;
    for (const NamedParameter& parameter : training.model.parameters())
      if (parameter.variable.shape().rank() == 2)
        for (std::int64_t row = 0; row < parameter.variable.extent(0); ++row) {
          double sum = 0;
          for (const float w : parameter.variable.value().slice(row, row + 1).to_vector<float>()) sum += w * w;
          longest = std::max(longest, std::sqrt(sum));
        }
    return longest;
  };
  EXPECT_GT(run(free, false), 0.8);
  EXPECT_LE(run(held, true), 0.7 + 1e-6);
  EXPECT_THROW(MaxNormHook(free.model.parameters(), 0), OptionError);
  EXPECT_THROW(MaxNormHook(free.model.parameters(), 1, "nobody"), OptionError);
  EXPECT_THROW(PenaltyHook(free.model.parameters(), {.l1 = -1}), OptionError);
  EXPECT_THROW(GradientClipHook(free.model.parameters(), -1), OptionError);
}

class WeightsSeen final : public TrainerHook {
 public:
  explicit WeightsSeen(const Training& training) : training_(training) {}
  void on_step(const StepReport&) override { stepped = training_.weights(); }
  void on_epoch(const EpochReport&) override { reported = training_.weights(); }
  std::vector<double> stepped, reported;

 private:
  const Training& training_;
};

TEST(StepHooks, ValidationAndReportsSeeTheAverageAndTrainingGoesOnWithoutIt) {
  Training averaged, plain;
  const auto run = [](Training& training, bool average) {
    test::BlobTask task(training.model);
    Sgd sgd(training.model.parameters());
    Trainer trainer(task, sgd, constant(0.1), {.epochs = 2, .selection_metric = "val_loss"});
    const auto seen = std::make_shared<WeightsSeen>(training);
    trainer.add_hook(seen);
    if (average) trainer.add_hook(std::make_shared<WeightAverageHook>(sgd.parameters(), WeightAverageOptions{.decay = 0.9}));
    trainer.run();
    return seen;
  };
  const auto with = run(averaged, true), without = run(plain, false);
  EXPECT_EQ(averaged.weights(), plain.weights());
  EXPECT_EQ(without->stepped, without->reported);
  EXPECT_EQ(with->stepped, without->stepped);
  EXPECT_NE(with->reported, without->reported);
}

TEST(Trainer, APlateauLowersTheRate) {
  const std::vector<double> losses{3, 2, 2, 2, 2, 1};
  std::vector<Metrics> metrics;
  for (const double loss : losses) metrics.push_back({{"m", 1}, {"val_loss", loss}});
  test::ScriptedTask task(
      1, [](std::int64_t, std::int64_t) { return 1; }, metrics);
  test::NoOptimizer optimizer;
  class Rates final : public TrainerHook {
   public:
    void on_step(const StepReport& report) override { seen.push_back(report.learning_rate); }
    std::vector<double> seen;
  };
  Trainer trainer(task, optimizer, constant(0.8),
                  {.epochs = 6,
                   .selection_metric = "m",
                   .plateau = PlateauOptions{.factor = 0.25, .patience = 1, .minimum = 0.1},
                   .plateau_metric = "val_loss"});
  const auto rates = std::make_shared<Rates>();
  trainer.add_hook(rates);
  trainer.run();
  EXPECT_THAT(rates->seen, ElementsAre(0.8, 0.8, 0.8, 0.8, 0.2, 0.2));
}

}  // namespace
}  // namespace fovea
