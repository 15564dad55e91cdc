#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "command.hpp"
#include "fovea/base/json.hpp"
#include "process.hpp"
#include "support/square_pictures.hpp"

namespace fovea {
namespace {

using test::CommandResult;
using test::fovea_command;
using test::Process;
using testing::HasSubstr;

class TrainDetectorCommand : public testing::Test {
 protected:
  TrainDetectorCommand() {
    test::write_squares(folder_, "train", 8, 1);
    test::write_squares(folder_, "val", 4, 2);
  }
  static std::vector<std::string> with(std::vector<std::string> words, const std::vector<std::string>& more) {
    words.insert(words.end(), more.begin(), more.end());
    return words;
  }
  static std::vector<std::string> words(const std::vector<std::string>& more, const std::string& epochs = "1") {
    std::vector<std::string> words = {"train",
                                      "--task",
                                      "detect",
                                      "--data",
                                      "coco:train.json",
                                      "--image-size",
                                      "96x64",
                                      "--epochs",
                                      epochs,
                                      "--batch",
                                      "4",
                                      "--model-options",
                                      R"({"width":0.25,"neck":8,"head_channels":8})"};
    return with(words, more);
  }
  CommandResult train(const std::vector<std::string>& more) const { return fovea_command(words(more), folder_.path()); }

  test::TemporaryFolder folder_;
};

TEST_F(TrainDetectorCommand, LeavesWeightsAndNumbers) {
  const CommandResult trained =
      train({"--val-data", "coco:val.json", "--model", "center-mobile", "--mosaic", "0.5", "--out", "run", "--json", "-"});
  ASSERT_EQ(trained.code, 0) << trained.err;
  const Json numbers = parse_json(trained.out, "stdout");
  EXPECT_EQ(numbers, read_json_file(folder_ / "run/validation.json"));
  for (const char* key : {"AP", "AP50", "per_class", "voc12"}) EXPECT_TRUE(numbers.contains(key)) << key;
  EXPECT_THAT(trained.err, HasSubstr("8 images; bright"));
  for (const char* file : {"run/weights/best.fovea", "run/results.csv", "run/recipe.json"})
    EXPECT_TRUE(std::filesystem::exists(folder_ / file)) << file;
  EXPECT_EQ(read_json_file(folder_ / "run/recipe.json")["mosaic"], 0.5);
}

TEST_F(TrainDetectorCommand, StopsAtASignalAndGoesOnAfterAnyKill) {
  const std::vector<std::string> more = {"--val-data", "coco:val.json", "--multi-scale", "0.6,1.4,1", "--ema-decay", "0.9"};
  ASSERT_EQ(fovea_command(words(with(more, {"--out", "whole"}), "12"), folder_.path()).code, 0);
  for (const int signal : {SIGTERM, SIGKILL}) {
    Process process(words(with(more, {"--out", "stopped", "--save-every", "1batches"}), "12"), folder_.path());
    ASSERT_TRUE(process.wait_until_it_says("epoch 2/12")) << process.said();
    process.send(signal);
    const int code = process.wait();  // 0: on a machine that let it come to its end first
    EXPECT_TRUE(code == (signal == SIGKILL ? -SIGKILL : 128 + SIGTERM) || code == 0) << code << ": " << process.said();
    const CommandResult refused = fovea_command({"train", "--resume", "stopped", "--mosaic", "1"}, folder_.path());
    EXPECT_EQ(refused.code, 2);
    EXPECT_THAT(refused.err, HasSubstr("mosaic was 0.0, found 1.0"));
    const CommandResult resumed = fovea_command({"train", "--resume", "stopped", "--workers", "2", "--threads", "2"}, folder_.path());
    EXPECT_EQ(resumed.code, 0) << resumed.err;
    for (const std::string file : {"weights/last.fovea", "weights/best.fovea"})
      EXPECT_TRUE(read_text_file(folder_ / ("whole/" + file)) == read_text_file(folder_ / ("stopped/" + file))) << signal << " " << file;
    std::filesystem::remove_all(folder_ / "stopped");
  }
}

TEST_F(TrainDetectorCommand, ChecksAndRepeats) {
  const CommandResult checked =
      train({"--val-data", "coco:val.json", "--optimizer", "adamw", "--lr", "1e-9", "--check", "--out", "check", "--json", "-"});
  EXPECT_EQ(checked.code, 1) << checked.err;
  EXPECT_THAT(checked.err, HasSubstr("FAILED  overfits: 4 training images"));
  EXPECT_EQ(parse_json(checked.out, "stdout")["passed"], false);
  const CommandResult seeds = train({"--val-data", "coco:val.json", "--seeds", "1,2", "--out", "seeds", "--json", "-"});
  ASSERT_EQ(seeds.code, 0) << seeds.err;
  EXPECT_THAT(seeds.err, HasSubstr("2 trainings: val_AP50"));
  EXPECT_EQ(parse_json(seeds.out, "stdout")["runs"].size(), 2u);
}

TEST_F(TrainDetectorCommand, MistakesAreNamed) {
  const CommandResult unsplit = train({"--out", "run"});
  EXPECT_EQ(unsplit.code, 2);
  EXPECT_THAT(unsplit.err, HasSubstr("has no splits: say \"val_data\" too"));
  EXPECT_THAT(train({"--val-data", "coco:val.json", "--model", "lenet5"}).err, HasSubstr("unknown detector \"lenet5\""));
  EXPECT_THAT(train({"--val-data", "coco:val.json", "--folds", "2"}).err, HasSubstr("\"folds\" does not apply to detectors"));
  EXPECT_THAT(train({"--val-data", "coco:val.json", "--multi-scale", "1.1,1.2,5"}).err, HasSubstr("no multiple of the largest stride"));
  const CommandResult classifier = fovea_command({"train", "--data", "idx:nothing", "--mosaic", "0.5"}, folder_.path());
  EXPECT_THAT(classifier.err, HasSubstr("are for --task detect"));
}

}  // namespace
}  // namespace fovea
