// Trainings that are stopped, killed, or damaged, and go on to the same bits.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <nlohmann/json.hpp>
#include <sstream>
#include <thread>

#include "fovea/base/json.hpp"
#include "fovea/base/random.hpp"
#include "process.hpp"
#include "tiny_data.hpp"

namespace fovea {
namespace {

namespace fs = std::filesystem;
using test::CommandResult;
using test::fovea_command;
using test::Process;
using test::TemporaryFolder;
using test::train_words;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

/// results.csv without what is different every time: seconds and images_per_second.
std::string results(const fs::path& run) {
  std::istringstream lines(read_text_file(run / "results.csv"));
  std::string kept;
  for (std::string line; std::getline(lines, line);) {
    std::istringstream cells(line);
    std::string cell;
    for (int column = 0; std::getline(cells, cell, ','); ++column)
      if (column != 1 && column != 2) kept += cell + ",";
    kept += "\n";
  }
  return kept;
}

class Resume : public testing::Test {
 protected:
  Resume() {
    test::write_striped_idx(folder_, "idx", false);
    folder_.write("idx/train-images-idx3-ubyte", test::striped_images(240, 1));
    folder_.write("idx/train-labels-idx1-ubyte", test::striped_labels(240));
  }

  /// A training with everything in it that remembers something: momenta, an average, accumulation, dropped units, augmentation.
  std::vector<std::string> words(const std::string& out, const std::vector<std::string>& more = {}) {
    folder_.write("recipe.json", Json({{"data", "idx:idx"},
                                       {"model", "vgg11-bn"},
                                       {"model_options", Json::parse(kNetwork)},
                                       {"image_size", "32"},
                                       {"augment", {"crop", "mixup"}},
                                       {"epochs", 3},
                                       {"batch", 8},
                                       {"accumulate", 3},
                                       {"optimizer", "adamw"},
                                       {"learning_rate", 0.001},
                                       {"ema_decay", 0.9}})
                                     .dump());
    std::vector<std::string> all = {"train", "--config", "recipe.json", "--out", out, "--save-every", "3batches"};
    all.insert(all.end(), more.begin(), more.end());
    return all;
  }
  CommandResult run(const std::vector<std::string>& command) const { return fovea_command(command, folder_.path()); }
  CommandResult resume(const std::string& out, const std::vector<std::string>& more = {}) const {
    std::vector<std::string> all = {"train", "--resume", out};
    all.insert(all.end(), more.begin(), more.end());
    return run(all);
  }
  void train_whole() { ASSERT_EQ(run(words("whole")).code, 0); }
  void expect_the_same_as_whole(const std::string& out) const {
    for (const char* file : {"weights/last.fovea", "weights/best.fovea"})
      EXPECT_TRUE(read_text_file(folder_ / ("whole/" + std::string(file))) == read_text_file(folder_ / out / file)) << out << " " << file;
    EXPECT_EQ(results(folder_ / "whole"), results(folder_ / out));
    EXPECT_EQ(read_json_file(folder_ / "whole/validation.json")["per_class"],
              read_json_file(folder_ / out / "validation.json")["per_class"]);
  }

  bool has_state(const std::string& out) const { return fs::exists(folder_ / out / "state/latest.state"); }

  /// Kills the training, again and again, until it comes to its end: in turns at any moment of its life, and at one after it went on from a
  /// state or saved its first. Moments are parts of the time that a whole training takes on this machine just now.
  void kill_and_resume(int kills, std::uint64_t seed) {
    const auto start = std::chrono::steady_clock::now();
    train_whole();
    const auto whole = std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() - start);
    int killed = 0, with_state = 0;
    RandomStream moments(seed);
    for (int number = 0; killed < kills; ++number) {
      const std::string out = "killed" + std::to_string(number);
      for (bool done = false; !done;) {
        const bool begun = fs::exists(folder_ / out / "recipe.json"), goes_on = has_state(out), late = moments.below(2) == 1;
        Process process(begun ? std::vector<std::string>{"train", "--resume", out, "--save-every", "3batches"} : words(out),
                        folder_.path());
        if (late) {
          // It goes on in an epoch, has all of them behind it, or begins the first again from a state of its first moment.
          const auto begins = [&] { return goes_on ? process.said().find("epoch") != std::string::npos : has_state(out); };
          ASSERT_TRUE(process.wait_until(begins)) << process.said();
        }
        std::this_thread::sleep_for(std::chrono::microseconds(moments.below(static_cast<std::uint64_t>(whole.count()))) / (late ? 3 : 1));
        if (killed < kills) process.send(SIGKILL);
        const int code = process.wait();
        done = code == 0;
        ASSERT_TRUE(done || code == -SIGKILL) << code << ": " << process.said();
        ASSERT_THAT(process.said(), Not(HasSubstr("damaged")));
        killed += done ? 0 : 1;
        with_state += !done && has_state(out) ? 1 : 0;
      }
      expect_the_same_as_whole(out);
      fs::remove_all(folder_ / out);
    }
    EXPECT_EQ(killed, kills);
    EXPECT_GE(with_state, kills / 4) << "few kills came in the middle of the training: this test sees little";
  }

  static constexpr const char* kNetwork = R"({"widths":[4,4,8,8,8],"hidden":16})";
  TemporaryFolder folder_;
};

TEST_F(Resume, SurvivesTwentyKills) { kill_and_resume(20, 1); }
TEST_F(Resume, SlowSurvivesTwoHundredKills) { kill_and_resume(200, 2); }

TEST_F(Resume, SignalsStopItWithItsStateSaved) {
  train_whole();
  for (const int signal : {SIGINT, SIGTERM}) {
    const std::string out = "stopped" + std::to_string(signal);
    Process process(words(out), folder_.path());
    ASSERT_TRUE(process.wait_until_it_says("epoch 1/3")) << process.said();
    process.send(signal);
    EXPECT_EQ(process.wait(), 128 + signal);
    EXPECT_THAT(process.said(), AllOf(HasSubstr("stopped in epoch"), HasSubstr("fovea train --resume " + out)));
    const CommandResult resumed = resume(out);
    EXPECT_EQ(resumed.code, 0) << resumed.err;
    EXPECT_THAT(resumed.err, HasSubstr("goes on in epoch"));
    expect_the_same_as_whole(out);
  }
}

TEST_F(Resume, ASecondSignalStopsItAtOnce) {
  Process process(words("run", {"--epochs", "1000"}), folder_.path());
  ASSERT_TRUE(process.wait_until_it_says("epoch 1/1000"));
  process.send(SIGTERM);
  process.send(SIGINT);
  const int code = process.wait();
  EXPECT_TRUE(code == 128 + SIGINT || code == 128 + SIGTERM) << code << ": " << process.said();
}

TEST_F(Resume, NeitherWorkersNorThreadsMatter) {
  train_whole();
  for (const char* workers : {"1", "2", "4"}) {
    const std::string out = std::string("workers") + workers;
    Process process(words(out), folder_.path());
    ASSERT_TRUE(process.wait_until_it_says("epoch 1/3"));
    process.send(SIGINT);
    ASSERT_EQ(process.wait(), 130);
    ASSERT_EQ(resume(out, {"--workers", workers, "--threads", workers}).code, 0);
    expect_the_same_as_whole(out);
  }
}

TEST_F(Resume, ADamagedStateIsSaidAndThePreviousOneServes) {
  train_whole();
  Process process(words("run"), folder_.path());
  ASSERT_TRUE(process.wait_until_it_says("epoch 2/3"));
  process.send(SIGKILL);
  process.wait();
  std::string bytes = read_text_file(folder_ / "run/state/latest.state");
  bytes[bytes.size() / 2] = static_cast<char>(bytes[bytes.size() / 2] ^ 4);
  write_file(folder_ / "run/state/latest.state", bytes);
  const CommandResult resumed = resume("run");
  ASSERT_EQ(resumed.code, 0) << resumed.err;
  EXPECT_THAT(resumed.err, AllOf(HasSubstr("latest.state: is damaged"), HasSubstr("going on from"), HasSubstr("previous.state")));
  expect_the_same_as_whole("run");

  folder_.write("run/state/latest.state", "");
  folder_.write("run/state/previous.state", bytes);
  const CommandResult hopeless = resume("run");
  EXPECT_EQ(hopeless.code, 2);
  EXPECT_THAT(hopeless.err, AllOf(HasSubstr("holds no whole state"), HasSubstr("latest.state"), HasSubstr("previous.state")));
}

TEST_F(Resume, AFullDiskIsAnErrorAndTheRunGoesOnLater) {
  train_whole();
  {
    Process process(words("run"), folder_.path());
    ASSERT_TRUE(process.wait_until_it_says("epoch 1/3"));
    process.send(SIGINT);
    process.wait();
  }
  const auto size = fs::file_size(folder_ / "run/state/latest.state");
  Process full({"train", "--resume", "run", "--save-every", "3batches"}, folder_.path(), size / 2);
  EXPECT_EQ(full.wait(), 2);
  EXPECT_THAT(full.said(), HasSubstr("cannot be written: File too large"));
  const CommandResult resumed = resume("run");
  EXPECT_EQ(resumed.code, 0) << resumed.err;
  EXPECT_THAT(resumed.err, Not(HasSubstr("damaged")));
  expect_the_same_as_whole("run");
}

TEST_F(Resume, AFinishedRunSaysSo) {
  train_whole();
  const std::string before = read_text_file(folder_ / "whole/weights/last.fovea");
  fs::remove(folder_ / "whole/validation.json");  // killed between the last epoch and its end
  const CommandResult again = resume("whole", {"--json", "-"});
  EXPECT_EQ(again.code, 0) << again.err;
  EXPECT_THAT(again.err, HasSubstr("all 3 epochs are done: nothing is left to train"));
  EXPECT_TRUE(Json::parse(again.out).contains("top1"));
  EXPECT_TRUE(fs::exists(folder_ / "whole/validation.json"));
  EXPECT_EQ(read_text_file(folder_ / "whole/weights/last.fovea"), before);
}

TEST_F(Resume, WhatContradictsTheRunIsRefused) {
  train_whole();
  const auto expect = [&](const std::vector<std::string>& more, const std::vector<std::string>& parts) {
    const CommandResult result = resume("whole", more);
    EXPECT_EQ(result.code, 2) << result.err;
    for (const std::string& part : parts) EXPECT_THAT(result.err, HasSubstr(part));
  };
  expect({"--epochs", "5"}, {"a run goes on as it began", "epochs was 3, found 5", "--weights"});
  expect({"--lr", "0.5"}, {"learning_rate was 0.001, found 0.5"});
  expect({"--model", "lenet5"}, {"lenet5"});
  expect({"--out", "elsewhere"}, {"--out", "--resume"});
  expect({"--config", "recipe.json"}, {"--config", "--resume"});
  EXPECT_EQ(resume("whole", {"--epochs", "3", "--batch", "8"}).code, 0) << "flags that agree are no contradiction";
  const CommandResult nothing = resume("nowhere");
  EXPECT_EQ(nothing.code, 2);
  EXPECT_THAT(nothing.err, HasSubstr("nowhere/recipe.json"));

  fs::remove(folder_ / "whole/weights/best.fovea");
  expect({}, {"best.fovea", "is missing"});
  fs::remove_all(folder_ / "whole/state");
  expect({}, {"holds weights but no state"});
  fs::remove_all(folder_ / "whole/weights");  // as when it is killed before its first state is written
  expect({"--epochs", "5"}, {"epochs was 3, found 5"});
  EXPECT_EQ(resume("whole").code, 0);
}

TEST_F(Resume, OtherDataIsRefused) {
  train_whole();
  folder_.write("idx/train-images-idx3-ubyte", test::striped_images(228, 1));
  folder_.write("idx/train-labels-idx1-ubyte", test::striped_labels(228));
  const CommandResult fewer = resume("whole");
  EXPECT_EQ(fewer.code, 2);
  EXPECT_THAT(fewer.err, AllOf(HasSubstr("the data has changed"), HasSubstr("train had 219 images, found 210")));
}

TEST_F(Resume, AnUnfinishedRunIsNotOverwritten) {
  Process process(words("run", {"--epochs", "1000"}), folder_.path());
  ASSERT_TRUE(process.wait_until_it_says("epoch 1/1000"));
  const CommandResult busy = resume("run");
  EXPECT_EQ(busy.code, 2);
  EXPECT_THAT(busy.err, HasSubstr("another process trains there"));
  process.send(SIGKILL);
  process.wait();
  fs::remove_all(folder_ / "run/weights");
  const CommandResult again = run(words("run"));
  EXPECT_EQ(again.code, 2);
  EXPECT_THAT(again.err, HasSubstr("holds an unfinished run"));
}

TEST_F(Resume, ATrainingThatExplodesStopsAndIsReplayed) {
  const CommandResult exploded = run(words("run", {"--lr", "1e30"}));
  EXPECT_EQ(exploded.code, 2);
  EXPECT_THAT(exploded.err, AllOf(HasSubstr("training stopped"), HasSubstr("comes from ["), HasSubstr("in layer \""),
                                  HasSubstr("fovea train --replay run/state/replay.state")));
  const CommandResult replayed = run({"train", "--replay", "run/state/replay.state", "--json", "-"});
  ASSERT_EQ(replayed.code, 0) << replayed.err;
  const Json found = Json::parse(replayed.out);
  EXPECT_EQ(found["finite"], false);
  EXPECT_THAT(exploded.err,
              HasSubstr("[" + found["operation"].get<std::string>() + "] in layer \"" + found["layer"].get<std::string>() + "\""));
  EXPECT_EQ(run({"train", "--replay", "run/recipe.json"}).code, 2);
  const CommandResult watched = run(words("watched", {"--lr", "1e30", "--detect-anomaly"}));
  EXPECT_EQ(watched.code, 2);
  EXPECT_THAT(watched.err, HasSubstr("training stopped"));
}

}  // namespace
}  // namespace fovea
