// The first number that is not finite: found, named, and the training stopped before it reaches the weights.
#include "fovea/training/anomaly.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "fovea/autograd/ops/maths.hpp"
#include "fovea/autograd/ops/sum.hpp"
#include "fovea/nn/dropout.hpp"
#include "fovea/nn/linear.hpp"
#include "fovea/nn/sequential.hpp"
#include "fovea/training/sgd.hpp"
#include "fovea/training/trainer.hpp"

namespace fovea {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr float kNan = std::numeric_limits<float>::quiet_NaN(), kInfinity = std::numeric_limits<float>::infinity();

TEST(IsFinite, FindsOneAmongMany) {
  for (const DType dtype : {DType::f32, DType::f64, DType::bf16})
    for (const std::int64_t count : {1, 7, 65536, 65537, 200001}) {
      Tensor tensor = Tensor::full({count}, 3e38, dtype);
      EXPECT_TRUE(is_finite(tensor)) << name_of(dtype) << count;
      for (const float bad : {kNan, kInfinity, -kInfinity})
        for (const std::int64_t place : {std::int64_t{0}, count / 2, count - 1}) {
          Tensor(tensor.slice(place, place + 1)).fill_(bad);
          EXPECT_FALSE(is_finite(tensor)) << name_of(dtype) << " " << bad << " at " << place << " of " << count;
          Tensor(tensor.slice(place, place + 1)).fill_(0);
        }
    }
  EXPECT_TRUE(is_finite(Tensor::zeros({0, 3})));
  EXPECT_TRUE(is_finite(Tensor::full({3}, 7, DType::i64)));
}

/// log(x), or sqrt(x), whose gradient at 0 is infinite although its value is not.
template <Variable (*Op)(const Variable&)>
class Applied final : public Layer {
 public:
  Variable forward(const Variable& x) override { return Op(x); }
};
Variable log_of(const Variable& x) { return log(x); }
Variable root_of(const Variable& x) { return sqrt(x); }

/// Linear, `middle`, dropout, linear on rows of two; the sample bad.png is 0 behind the first layer.
class PlantedTask final : public TrainingTask {
 public:
  explicit PlantedTask(std::unique_ptr<Layer> middle) {
    model_.emplace<Linear>(2, 2);
    if (middle != nullptr) model_.append(std::move(middle));
    model_.emplace<Dropout>(0.1);
    model_.emplace<Linear>(2, 1);
    initialize(model_, 1);
    Tensor(model_.parameters()[0].variable.value()).fill_(1);
    Tensor(model_.parameters()[1].variable.value()).fill_(0);
    model_.parameters()[1].variable.set_requires_grad(false);  // or it would move, and 0 be 0 no more
  }
  Sequential& model() override { return model_; }
  std::int64_t steps_per_epoch() const override { return 4; }
  void begin_epoch(std::int64_t, std::int64_t first_batch) override { batch_ = first_batch; }
  Step next_step() override {
    x_ = Tensor::from({1.0F, 2.0F, 3.0F, 1.0F, 2.0F, 2.0F}, {3, 2});
    if (batch_ == bad_batch) Tensor(x_.slice(1, 2)).fill_(value_of_bad_sample);
    ++batch_;
    return repeat_step();
  }
  Step repeat_step() override {
    ++forward_passes;
    return {.loss = mean(model_(Variable(x_))), .samples = 3};
  }
  std::vector<std::string> sample_names() const override { return {"one.png", "bad.png", "two.png"}; }
  void visit_batch(const StateArchive& archive) override { StateArchive(archive).any_tensor("x", x_); }
  Metrics validate() override { return {{"m", 1}}; }

  std::int64_t bad_batch = 2;
  double value_of_bad_sample = 0;
  std::int64_t forward_passes = 0;

 private:
  Sequential model_;
  Tensor x_;
  std::int64_t batch_ = 0;
};

/// What a training of the task ends with, and the weights that it leaves.
struct Outcome {
  std::string message;
  TrainingState replay;
  std::vector<float> weights;
};
Outcome train(PlantedTask& task, TrainerOptions options, double rate = 1e-3) {
  Outcome outcome;
  Sgd sgd(task.model().parameters(), {.momentum = 0});
  options.selection_metric = "m";
  options.saving.save_replay = [&](const TrainingState& state) {
    for (const auto& [path, tensor] : state.tensors) outcome.replay.tensors[path] = tensor.clone();
    outcome.replay.values = state.values;
    return std::string("look again");
  };
  try {
    Trainer(task, sgd, Schedule({.kind = ScheduleOptions::Kind::constant, .learning_rate = rate}), options).run();
  } catch (const Error& error) {
    outcome.message = error.what();
  }
  for (const NamedParameter& parameter : task.model().parameters())
    for (const float value : parameter.variable.value().to_vector<float>()) outcome.weights.push_back(value);
  return outcome;
}

TEST(Anomaly, ALogarithmOfZeroIsNamedWithItsLayerAndSample) {
  for (const bool detect : {false, true}) {
    PlantedTask task(std::make_unique<Applied<log_of>>());
    const Outcome outcome = train(task, {.detect_anomaly = detect});
    EXPECT_THAT(outcome.message, AllOf(HasSubstr("epoch 1, step 3 of 4"), HasSubstr("[log] in layer \"1\", in its forward pass"),
                                       HasSubstr("in 1 of 3 samples of the batch: bad.png"), HasSubstr("look again")));
    EXPECT_EQ(task.forward_passes, detect ? 3 : 4) << "without detection the step runs once more to find the operation";
    for (const float weight : outcome.weights) EXPECT_TRUE(std::isfinite(weight));
  }
}

TEST(Anomaly, AGradientThatIsNotFiniteIsNamed) {
  for (const bool detect : {false, true})
    for (const std::int64_t accumulate : {1, 3}) {
      PlantedTask task(std::make_unique<Applied<root_of>>());
      task.bad_batch = 1;
      const Outcome outcome = train(task, {.accumulate = accumulate, .detect_anomaly = detect});
      EXPECT_THAT(outcome.message, AllOf(HasSubstr("epoch 1"), HasSubstr("[sqrt] in layer \"1\", in its backward pass")));
      for (const float weight : outcome.weights) EXPECT_TRUE(std::isfinite(weight));
    }
}

TEST(Anomaly, ASampleThatIsNotFiniteIsNamed) {
  PlantedTask task(nullptr);
  task.value_of_bad_sample = kNan;
  EXPECT_THAT(train(task, {}).message,
              AllOf(HasSubstr("in layer \"0\", in its forward pass"), HasSubstr("1 of 3 samples of the batch: bad.png")));
}

TEST(Anomaly, WeightsThatExplodedAreNamed) {
  PlantedTask task(nullptr);
  task.bad_batch = -1;
  const Outcome outcome = train(task, {.epochs = 50}, 1e30);
  EXPECT_THAT(outcome.message, AllOf(HasSubstr("training stopped"), HasSubstr("in layer \"")));
}

TEST(Anomaly, TheReplayGivesTheSameAgain) {
  PlantedTask task(std::make_unique<Applied<log_of>>());
  const TrainingState state = train(task, {}).replay;
  PlantedTask fresh(std::make_unique<Applied<log_of>>());
  StateArchive archive = StateArchive::loading(state, "replay");
  visit_state(fresh.model(), archive.part(kReplayModel));
  fresh.visit_batch(archive.part(kReplayBatch));
  Json names;
  archive.value(kReplaySamples, names);
  EXPECT_EQ(names, Json(task.sample_names()));
  archive.finish();
  const auto found = find_anomaly(fresh.model(), [&] { return fresh.repeat_step().loss; });
  ASSERT_TRUE(found.has_value());
  EXPECT_EQ(found->operation, "log");
  EXPECT_EQ(found->layer, "1");
  EXPECT_THAT(found->rows, ElementsAre(1));
}

TEST(Anomaly, NothingIsFoundWhereNothingIs) {
  PlantedTask task(std::make_unique<Applied<log_of>>());
  task.bad_batch = -1;
  EXPECT_EQ(train(task, {.detect_anomaly = true}).message, "");
  EXPECT_FALSE(find_anomaly(task.model(), [&] { return task.repeat_step().loss; }).has_value());
}

}  // namespace
}  // namespace fovea
