// log.jsonl, the event file, and the sizes of updates.
#include "fovea/training/training_log.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "event_reader.hpp"
#include "fovea/base/error.hpp"
#include "fovea/base/text.hpp"
#include "fovea/nn/linear.hpp"
#include "fovea/training/sgd.hpp"
#include "support/temporary_folder.hpp"
#include "tasks.hpp"

namespace fovea {
namespace {

using test::BlobTask;
using test::make_parameter;
using test::set_gradient;
using test::TemporaryFolder;

std::vector<Json> lines_of(const std::filesystem::path& file) {
  std::vector<Json> lines;
  for (const std::string& line : split(read_text_file(file), '\n'))
    if (!line.empty()) lines.push_back(Json::parse(line));
  return lines;
}

TEST(UpdateMonitor, MeasuresWhatAnUpdateChanges) {
  std::vector<NamedParameter> parameters = {make_parameter("weight", Tensor::from(std::vector<float>{3, 4}, {1, 2})),
                                            make_parameter("bias", Tensor::from(std::vector<float>{1, 1}, {2})),
                                            make_parameter("idle", Tensor::from(std::vector<float>{5, 6}, {1, 2})),
                                            make_parameter("zero", Tensor::from(std::vector<float>{0, 0}, {1, 2}))};
  for (const std::size_t i : {0U, 1U, 3U}) set_gradient(parameters[i], Tensor::full(parameters[i].variable.shape(), 2, DType::f32));
  UpdateMonitor monitor(parameters);
  Sgd sgd(parameters, {.momentum = 0});
  monitor.before_update();
  sgd.step(0.5);  // every weight with a gradient goes down by 1
  const std::vector<UpdateStatistics> statistics = monitor.after_update();
  ASSERT_EQ(statistics.size(), 2U) << "no biases, and nothing without a gradient";
  EXPECT_EQ(statistics[0].name, "weight");
  EXPECT_DOUBLE_EQ(statistics[0].weight_norm, 5) << "before the update";
  EXPECT_DOUBLE_EQ(statistics[0].gradient_norm, std::sqrt(8.0));
  EXPECT_DOUBLE_EQ(statistics[0].update_norm, std::sqrt(2.0));
  EXPECT_DOUBLE_EQ(statistics[0].ratio(), std::sqrt(2.0) / 5);
  EXPECT_EQ(statistics[1].name, "zero");
  EXPECT_EQ(statistics[1].ratio(), 0);
  EXPECT_THROW(monitor.after_update(), Error);
}

class TrainingLog : public testing::Test {
 protected:
  /// Two epochs of four updates.
  void train(const TrainingLogOptions& options) {
    Linear model(2, 2);
    initialize(model, 1);
    BlobTask task(model);
    Sgd sgd(model.parameters(), {.momentum = 0});
    Trainer trainer(task, sgd, Schedule({.kind = ScheduleOptions::Kind::constant, .learning_rate = 0.1}),
                    {.epochs = 2, .selection_metric = "val_loss", .larger_is_better = false});
    trainer.add_hook(std::make_shared<TrainingLogHook>(folder_.path(), sgd.parameters(), options));
    trainer.run();
    weights_ = model.parameters().front().variable.value().to_vector<float>();
  }

  TemporaryFolder folder_;
  std::vector<float> weights_;
};

TEST_F(TrainingLog, HoldsTheFirstEveryNthUpdateAndEveryEpoch) {
  train({.every = 3, .dead_channels = [] { return Metrics{{"conv1", 0.25}}; }});
  const std::vector<Json> lines = lines_of(folder_ / "log.jsonl");
  std::string order;
  for (const Json& line : lines) order += line["event"].get<std::string>() + " " + std::to_string(line["update"].get<int>()) + ", ";
  EXPECT_EQ(order, "step 1, step 3, epoch 4, step 6, epoch 8, ");
  const Json& step = lines[1];
  EXPECT_EQ(step["epoch"], 1);
  EXPECT_EQ(step["learning_rate"], 0.1);
  EXPECT_FALSE(lines[0].contains("images_per_second")) << "one step alone has no speed";
  for (const char* key : {"images_per_second", "seconds", "seconds_left", "peak_mib", "gradient_norm", "loss"})
    EXPECT_GT(step[key].get<double>(), 0) << key;
  ASSERT_TRUE(step["weights"].contains("weight"));
  EXPECT_FALSE(step["weights"].contains("bias"));
  const Json& weight = step["weights"]["weight"];
  EXPECT_NEAR(weight["update_ratio"].get<double>(), 0.1 * weight["gradient_norm"].get<double>() / weight["weight_norm"].get<double>(), 1e-6)
      << "plain gradient descent";
  EXPECT_GE(step["gradient_norm"].get<double>(), weight["gradient_norm"].get<double>()) << "with the bias";
  EXPECT_EQ(lines[2]["epoch"], 1);
  EXPECT_EQ(lines[2]["best"], true);
  EXPECT_TRUE(lines[2].contains("val_loss"));
  EXPECT_EQ(lines[4]["dead_channels"]["conv1"], 0.25);
}

TEST_F(TrainingLog, TheEventFileHoldsTheSameNumbers) {
  train({.every = 3, .dead_channels = [] { return Metrics{{"conv1", 0.25}}; }});
  std::vector<test::Event> events;
  for (const auto& entry : std::filesystem::directory_iterator(folder_.path()))
    if (entry.path().filename().string().starts_with("events.out.tfevents.")) events = test::read_events(entry.path());
  const std::vector<Json> lines = lines_of(folder_ / "log.jsonl");
  ASSERT_EQ(events.size(), lines.size() + 1);
  const auto value = [&](std::size_t line, const std::string& tag) {
    for (const test::EventValue& one : events[line + 1].values)
      if (one.tag == tag) return one.simple_value;
    ADD_FAILURE() << "no " << tag;
    return 0.0F;
  };
  for (std::size_t i = 0; i < lines.size(); ++i) EXPECT_EQ(events[i + 1].step, lines[i]["update"].get<int>());
  EXPECT_EQ(value(1, "train/loss"), lines[1]["loss"].get<float>());
  EXPECT_EQ(value(1, "train/gradient_norm"), lines[1]["gradient_norm"].get<float>());
  EXPECT_EQ(value(1, "update_ratio/weight"), lines[1]["weights"]["weight"]["update_ratio"].get<float>());
  EXPECT_EQ(value(4, "epoch/val_loss"), lines[4]["val_loss"].get<float>());
  EXPECT_EQ(value(4, "epoch/train_loss"), lines[4]["train_loss"].get<float>());
  EXPECT_EQ(value(4, "dead_channels/conv1"), 0.25F);
}

/// What a folder's logs say, but for times.
std::pair<std::vector<std::string>, std::vector<std::int64_t>> story_of(const std::filesystem::path& folder) {
  std::vector<std::string> entries;
  for (const Json& line : lines_of(folder / "log.jsonl"))
    entries.push_back(line["event"].get<std::string>() + " " + line["update"].dump() + " " + Json(line.value("loss", 0.0)).dump());
  std::vector<std::int64_t> steps;
  for (const auto& entry : std::filesystem::directory_iterator(folder))
    if (entry.path().filename().string().starts_with("events."))
      for (const test::Event& event : test::read_events(entry.path())) steps.push_back(event.step);
  return {entries, steps};
}

TEST_F(TrainingLog, GoesOnFromAStateWithoutGapOrRepetition) {
  // Trains to the end, and then again from the state before batch `from`; none with -1.
  const auto run = [&](const std::string& name, std::int64_t from) {
    Linear model(2, 2);
    initialize(model, 1);
    BlobTask task(model);
    Sgd sgd(model.parameters());
    TrainingState state;
    TrainerOptions options{.epochs = 2, .selection_metric = "val_loss", .larger_is_better = false};
    std::int64_t saves = 0;
    const auto keep = [&](const TrainingState& saved) {
      if (saves++ != from) return;
      state.values = saved.values;
      for (const auto& [key, tensor] : saved.tensors) state.tensors[key] = tensor.clone();
    };
    options.saving = {.save = keep, .seconds = 0, .batches = 1};
    for (const bool resumes : {false, true}) {
      if (resumes && from < 0) return;
      if (resumes) options.saving = {};
      Trainer trainer(task, sgd, Schedule({.kind = ScheduleOptions::Kind::constant, .learning_rate = 0.1}), options);
      trainer.add_hook(std::make_shared<TrainingLogHook>(folder_ / name, sgd.parameters(), TrainingLogOptions{.every = 2}));
      if (resumes) trainer.visit_state(StateArchive::loading(state, "test"));
      trainer.run();
    }
  };
  run("whole", -1);
  const auto whole = story_of(folder_ / "whole");
  EXPECT_EQ(whole.first.size(), 7U);
  for (const std::int64_t from : {0, 2, 3, 5, 7}) {
    const std::string name = "from" + std::to_string(from);
    run(name, from);
    EXPECT_EQ(story_of(folder_ / name), whole) << name;
  }
}

TEST_F(TrainingLog, WatchingChangesNothing) {
  train({.every = 1});
  const std::vector<float> watched = weights_;
  train({.every = 0});
  EXPECT_EQ(weights_, watched);
  std::size_t steps = 0;
  for (const Json& line : lines_of(folder_ / "log.jsonl")) steps += line["event"] == "step";
  EXPECT_EQ(steps, 8U) << "of the first training; the second appends its epochs only";
  EXPECT_THROW(TrainingLogHook(folder_.path(), {}, {.every = -1}), OptionError);
}

}  // namespace
}  // namespace fovea
