// A training that was stopped and goes on from its state ends as if it had never stopped, to the bit.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "fovea/nn/activation.hpp"
#include "fovea/nn/dropout.hpp"
#include "fovea/nn/linear.hpp"
#include "fovea/nn/sequential.hpp"
#include "fovea/training/adadelta.hpp"
#include "fovea/training/adagrad.hpp"
#include "fovea/training/adam.hpp"
#include "fovea/training/adamw.hpp"
#include "fovea/training/lbfgs.hpp"
#include "fovea/training/rmsprop.hpp"
#include "fovea/training/sgd.hpp"
#include "fovea/training/step_hooks.hpp"
#include "tasks.hpp"

namespace fovea {
namespace {

using test::BlobTask;

using MakeOptimizer = std::function<std::unique_ptr<Optimizer>(std::vector<NamedParameter>)>;

template <class O, class Options>
MakeOptimizer make(Options options) {
  return [options](std::vector<NamedParameter> parameters) { return std::make_unique<O>(std::move(parameters), options); };
}

struct Setting {
  const char* name;
  MakeOptimizer optimizer;
  std::int64_t accumulate = 1;
  bool plateau = false, average = false;
};

/// A state whose tensors are its own: what a file would hold.
TrainingState copy_of(const TrainingState& state) {
  TrainingState copy{.tensors = {}, .values = state.values};
  for (const auto& [path, tensor] : state.tensors) copy.tensors[path] = tensor.clone();
  return copy;
}

/// BlobTask that can be stopped in its validation, in which its model draws random numbers.
class StoppableTask final : public BlobTask {
 public:
  StoppableTask(Layer& model, Dropout& drawing, StopToken stop) : BlobTask(model), drawing_(drawing), stop_(std::move(stop)) {}
  Metrics validate() override {
    drawing_.train();  // as a layer that draws in evaluation mode
    drawing_(Variable(Tensor::zeros({2, 2})));
    drawing_.eval();
    if (stop_in_validation) stop_.request();
    if (stop_.requested()) throw Stopped();
    return BlobTask::validate();
  }
  bool stop_in_validation = false;

 private:
  Dropout& drawing_;
  StopToken stop_;
};

/// A process: everything that a training is made of, built anew.
class Process {
 public:
  static constexpr std::int64_t kEpochs = 3;
  static constexpr std::int64_t kBatches = kEpochs * BlobTask::kBatches;

  explicit Process(const Setting& setting)
      : dropout_(build(model_)), task_(model_, dropout_, stop_), optimizer_(setting.optimizer(model_.parameters())) {
    TrainerOptions options{.epochs = kEpochs, .selection_metric = "val_loss", .larger_is_better = false, .accumulate = setting.accumulate};
    if (setting.plateau) options.plateau = PlateauOptions{.factor = 0.5, .patience = 0, .threshold = 0.9};
    options.saving = {.save = [this](const TrainingState& state) { states.push_back(copy_of(state)); }, .seconds = 0, .batches = 1};
    options.stop = stop_;
    trainer_ = std::make_unique<Trainer>(
        task_, *optimizer_,
        Schedule({.kind = ScheduleOptions::Kind::cosine, .learning_rate = 0.05, .total_steps = kBatches, .warmup_steps = 2}), options);
    if (setting.average) trainer_->add_hook(std::make_shared<WeightAverageHook>(model_.parameters(), WeightAverageOptions{.decay = 0.9}));
  }

  void load(const TrainingState& state) {
    const StateArchive archive = StateArchive::loading(state, "state");
    trainer_->visit_state(archive);
    archive.finish();
  }
  TrainingState state() {
    TrainingState state;
    trainer_->visit_state(StateArchive::saving(state));
    return state;
  }
  TrainingSummary run() { return trainer_->run(); }
  void stop_in_validation() { task_.stop_in_validation = true; }

  std::vector<TrainingState> states;  ///< every one that was saved

 private:
  static Dropout& build(Sequential& model) {
    model.emplace<Linear>(2, 8);
    Dropout& dropout = model.emplace<Dropout>(0.3);
    model.emplace<Relu>();
    model.emplace<Linear>(8, 2);
    initialize(model, 1);
    return dropout;
  }

  Sequential model_;
  Dropout& dropout_;
  StopToken stop_;
  StoppableTask task_;
  std::unique_ptr<Optimizer> optimizer_;
  std::unique_ptr<Trainer> trainer_;
};

/// The same training: everything but the time that it took.
void expect_equal(const TrainingState& a, const TrainingState& b, const std::string& what) {
  ASSERT_EQ(a.tensors.size(), b.tensors.size()) << what;
  ASSERT_EQ(a.values.size(), b.values.size()) << what;
  for (const auto& [path, value] : a.values) {
    if (path.ends_with("seconds")) continue;
    EXPECT_EQ(b.values.at(path), value) << what << ": " << path;
  }
  for (const auto& [path, tensor] : a.tensors) {
    ASSERT_TRUE(b.tensors.contains(path)) << what << ": " << path;
    EXPECT_EQ(b.tensors.at(path).to_vector<float>(), tensor.to_vector<float>()) << what << ": " << path;
  }
}

class ResumeTest : public testing::TestWithParam<Setting> {};

INSTANTIATE_TEST_SUITE_P(
    Settings, ResumeTest,
    testing::Values(Setting{"sgd", make<Sgd>(SgdOptions{.nesterov = true, .weight_decay = 1e-3})},
                    Setting{"sgd_without_momentum", make<Sgd>(SgdOptions{.momentum = 0})},
                    Setting{"adam", make<Adam>(AdamOptions{.amsgrad = true})}, Setting{"adamw", make<AdamW>(AdamWOptions{})},
                    Setting{"adagrad", make<Adagrad>(AdagradOptions{.rate_decay = 0.1})},
                    Setting{"rmsprop", make<Rmsprop>(RmspropOptions{.momentum = 0.5, .centered = true})},
                    Setting{"adadelta", make<Adadelta>(AdadeltaOptions{})}, Setting{"accumulation", make<AdamW>(AdamWOptions{}), 3},
                    Setting{"plateau", make<Sgd>(SgdOptions{}), 1, true}, Setting{"average", make<Sgd>(SgdOptions{}), 1, false, true},
                    Setting{"everything", make<Adam>(AdamOptions{}), 3, true, true}),
    [](const auto& setting) { return setting.param.name; });

TEST_P(ResumeTest, GoesOnFromEveryStateToTheSameEnd) {
  Process whole(GetParam());
  EXPECT_FALSE(whole.run().stopped);
  ASSERT_EQ(whole.states.size(), 1 + Process::kBatches + Process::kEpochs) << "at first, after every batch and every epoch";
  for (std::size_t i = 0; i < whole.states.size(); ++i) {
    Process again(GetParam());
    again.load(whole.states[i]);
    expect_equal(whole.states[i], again.state(), "at once, from state " + std::to_string(i));
    EXPECT_FALSE(again.run().stopped);
    expect_equal(whole.states.back(), again.state(), "at the end, from state " + std::to_string(i));
  }
}

TEST_P(ResumeTest, GoesOnAfterAStopInTheValidation) {
  Process whole(GetParam());
  whole.run();
  Process stopped(GetParam());
  stopped.stop_in_validation();
  EXPECT_TRUE(stopped.run().stopped);
  expect_equal(whole.states[BlobTask::kBatches], stopped.states.back(), "nothing of the validation is left");
  Process again(GetParam());
  again.load(stopped.states.back());
  again.run();
  expect_equal(whole.states.back(), again.states.back(), "at the end");
}

TEST(Resume, TheStatesDiffer) {
  Process whole({"sgd", make<Sgd>(SgdOptions{})});
  whole.run();
  for (std::size_t i = 1; i < whole.states.size(); ++i)
    EXPECT_NE(whole.states[i].values, whole.states[i - 1].values) << "or the tests above see nothing";
}

TEST(Resume, AnotherTrainingIsRefused) {
  Process whole({"sgd", make<Sgd>(SgdOptions{})});
  whole.run();
  Process other({"adam", make<Adam>(AdamOptions{})});
  EXPECT_THROW(other.load(whole.states.back()), FileError);
}

TEST(Resume, LbfgsGoesOnToTheSameWeights) {
  const auto loss_of = [](Linear& model) {
    return [&model] {
      return cross_entropy(model(Variable(Tensor::from({1.0F, -2.0F, 0.5F, 3.0F, -1.0F, 1.0F}, {3, 2}))),
                           Tensor::from({std::int64_t{0}, std::int64_t{1}, std::int64_t{0}}, {3}));
    };
  };
  const auto weights = [](const Linear& model) { return model.weight.value().to_vector<float>(); };
  Linear first(2, 2), second(2, 2);
  initialize(first, 1);
  initialize(second, 1);
  Lbfgs whole(first.parameters(), {.iterations = 2}), again(second.parameters(), {.iterations = 2});
  whole.step(loss_of(first));
  TrainingState state;
  whole.visit_state(StateArchive::saving(state));
  Tensor(second.weight.value()).copy_(first.weight.value());
  Tensor(second.bias.value()).copy_(first.bias.value());
  const TrainingState copy = copy_of(state);
  const StateArchive archive = StateArchive::loading(copy, "state");
  again.visit_state(archive);
  archive.finish();
  whole.step(loss_of(first));
  again.step(loss_of(second));
  EXPECT_EQ(weights(first), weights(second));
  EXPECT_EQ(whole.evaluations(), again.evaluations());
}

}  // namespace
}  // namespace fovea
