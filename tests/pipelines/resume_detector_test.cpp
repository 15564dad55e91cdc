// Trainings of detectors that are interrupted, and go on to the same bits.
#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "fovea/base/error.hpp"
#include "fovea/pipelines/replay_batch.hpp"
#include "fovea/pipelines/run_history.hpp"
#include "messages.hpp"
#include "square_training.hpp"

namespace fovea {
namespace {

namespace fs = std::filesystem;
using test::message_of;
using testing::AllOf;
using testing::HasSubstr;

/// What a kill leaves: nothing of the training runs after this.
struct Killed {};

/// Kills at the n-th moment: every update has one, and every validation two, at its beginning and when its epoch has been logged.
class KillHook final : public TrainerHook {
 public:
  explicit KillHook(int moment) : left_(moment) {}
  void on_step(const StepReport&) override { pass(); }
  void on_validation_begin() override { pass(); }
  void on_epoch(const EpochReport&) override { pass(); }

 private:
  void pass() {
    if (left_-- == 0) throw Killed();
  }
  int left_;
};

class ResumeDetector : public test::SquareTraining {
 protected:
  /// Everything in it that remembers something or draws something.
  ResumeDetector() {
    recipe_.training.batch = 4;
    recipe_.training.accumulate = 2;
    recipe_.multi_scale = {.min = 0.5, .max = 1.5, .every = 1};
  }
  void train_and_kill(const std::string& out, int moment) {
    TrainEnvironment own = environment(out, 0);
    own.save_batches = 1;
    own.hooks.push_back(std::make_shared<KillHook>(moment));
    EXPECT_THROW(train_detector(recipe_, own), Killed);
  }
  TrainResult resume(const std::string& out, int workers = 0) {
    TrainEnvironment own = environment(out, workers);
    own.resume = true;
    return train_detector(DetectorRecipe::from_json(read_json_file(folder_ / out / "recipe.json"), out), own);
  }
  void expect_equal_runs(const std::string& one, const std::string& other) const {
    for (const char* file : {"weights/last.fovea", "weights/best.fovea"})
      EXPECT_TRUE(read_text_file(folder_ / one / file) == read_text_file(folder_ / other / file)) << other << " " << file;
    const ResultsTable expected = load_results(folder_ / one / "results.csv"), found = load_results(folder_ / other / "results.csv");
    ASSERT_EQ(expected.columns, found.columns);
    for (const std::string& column : expected.columns) {
      if (column == "seconds" || column == "images_per_second") continue;
      EXPECT_EQ(expected.column(column), found.column(column)) << column;
    }
    EXPECT_EQ(read_json_file(folder_ / one / "validation.json")["per_class"],
              read_json_file(folder_ / other / "validation.json")["per_class"]);
  }
};

TEST_F(ResumeDetector, WhereverItIsKilledItEndsWithTheSameBits) {
  train("whole");
  constexpr int kMoments = 2 * (2 + 2);  // of two epochs of two updates
  for (int moment = 0; moment < kMoments; ++moment) {
    const std::string out = "killed" + std::to_string(moment);
    train_and_kill(out, moment);
    EXPECT_FALSE(resume(out, moment % 3).summary.stopped);
    expect_equal_runs("whole", out);
  }
  EXPECT_THAT(log_, HasSubstr("goes on in epoch 1 of 2, after batch 1 of 4"));
  EXPECT_THAT(log_, HasSubstr("goes on in epoch 2 of 2"));
}

TEST_F(ResumeDetector, ItStopsWhenAskedAndGoesOnWithAnyNumberOfWorkersAndThreads) {
  train("whole");
  for (const int workers : {1, 2, 4}) {
    const std::string out = "workers" + std::to_string(workers);
    TrainEnvironment own = environment(out, workers);
    class StopHook final : public TrainerHook {
     public:
      explicit StopHook(StopToken stop) : stop_(std::move(stop)) {}
      void on_step(const StepReport& report) override {
        if (report.step == 0) stop_.request();
      }

     private:
      StopToken stop_;
    };
    own.hooks.push_back(std::make_shared<StopHook>(own.stop));
    EXPECT_TRUE(train_detector(recipe_, own).summary.stopped);
    EXPECT_FALSE(fs::exists(folder_ / out / "validation.json"));
    kernels::Context context(workers);
    const kernels::ContextGuard guard(context);
    resume(out, workers);
    expect_equal_runs("whole", out);
  }
}

TEST_F(ResumeDetector, OtherRecipesAndOtherDataAreRefused) {
  train_and_kill("run", 1);
  recipe_.mosaic = 0.25;
  TrainEnvironment own = environment("run");
  own.resume = true;
  EXPECT_THAT(message_of<OptionError>([&] { train_detector(recipe_, own); }), HasSubstr("mosaic was 0.5, found 0.25"));
  Json data = read_json_file(folder_ / "train.json");
  data["annotations"][0]["bbox"][0] = data["annotations"][0]["bbox"][0].get<double>() + 1;
  folder_.write("train.json", data.dump());
  EXPECT_THAT(message_of<OptionError>([&] { resume("run"); }), HasSubstr("the data has changed since the run began"));
  EXPECT_THAT(message_of<FileError>([&] { train("run"); }), HasSubstr("holds an unfinished run"));
}

TEST_F(ResumeDetector, ATrainingThatExplodesNamesLayerAndFilesAndIsReplayed) {
  recipe_.training.learning_rate = 1e30;
  recipe_.training.epochs = 4;
  const std::string message = message_of<Error>([&] { train("run"); });
  EXPECT_THAT(message, AllOf(HasSubstr("training stopped"), HasSubstr("in layer \""), HasSubstr("train"), HasSubstr(".png"),
                             HasSubstr("fovea train --replay")));
  const ReplayResult replayed = replay_batch(folder_ / "run/state/replay.state");
  ASSERT_TRUE(replayed.anomaly.has_value());
  EXPECT_EQ(replayed.network, "center-tiny");
  EXPECT_THAT(message, HasSubstr(replayed.anomaly->describe()));
}

}  // namespace
}  // namespace fovea
