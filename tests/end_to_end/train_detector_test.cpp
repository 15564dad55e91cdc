#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "command.hpp"
#include "fovea/base/json.hpp"
#include "support/square_pictures.hpp"

namespace fovea {
namespace {

using test::CommandResult;
using test::fovea_command;
using testing::HasSubstr;

class TrainDetectorCommand : public testing::Test {
 protected:
  TrainDetectorCommand() {
    test::write_squares(folder_, "train", 8, 1);
    test::write_squares(folder_, "val", 4, 2);
  }
  CommandResult train(const std::vector<std::string>& more) const {
    std::vector<std::string> words = {"train",
                                      "--task",
                                      "detect",
                                      "--data",
                                      "coco:train.json",
                                      "--image-size",
                                      "96x64",
                                      "--epochs",
                                      "1",
                                      "--batch",
                                      "4",
                                      "--model-options",
                                      R"({"width":0.25,"neck":8,"head_channels":8})"};
    words.insert(words.end(), more.begin(), more.end());
    return fovea_command(words, folder_.path());
  }

  test::TemporaryFolder folder_;
};

TEST_F(TrainDetectorCommand, LeavesWeightsAndNumbers) {
  const CommandResult trained =
      train({"--val-data", "coco:val.json", "--model", "center-mobile", "--mosaic", "0.5", "--out", "run", "--json", "-"});
  ASSERT_EQ(trained.code, 0) << trained.err;
  EXPECT_EQ(parse_json(trained.out, "stdout")["metric"], "val_AP50");
  EXPECT_THAT(trained.err, HasSubstr("8 images; bright"));
  for (const char* file : {"run/weights/best.fovea", "run/results.csv", "run/recipe.json"})
    EXPECT_TRUE(std::filesystem::exists(folder_ / file)) << file;
  EXPECT_EQ(read_json_file(folder_ / "run/recipe.json")["mosaic"], 0.5);
}

TEST_F(TrainDetectorCommand, MistakesAreNamed) {
  const CommandResult unsplit = train({"--out", "run"});
  EXPECT_EQ(unsplit.code, 2);
  EXPECT_THAT(unsplit.err, HasSubstr("has no splits: say \"val_data\" too"));
  EXPECT_THAT(train({"--val-data", "coco:val.json", "--model", "lenet5"}).err, HasSubstr("unknown detector \"lenet5\""));
  EXPECT_THAT(train({"--val-data", "coco:val.json", "--check"}).err, HasSubstr("for classifiers only"));
  const CommandResult classifier = fovea_command({"train", "--data", "idx:nothing", "--mosaic", "0.5"}, folder_.path());
  EXPECT_THAT(classifier.err, HasSubstr("are for --task detect"));
}

}  // namespace
}  // namespace fovea
