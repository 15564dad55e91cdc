// train --check, diagnose, plot, find-lr, search, --seeds, ensembles: as a person uses them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "fovea/base/json.hpp"
#include "tiny_data.hpp"

namespace fovea {
namespace {

using test::CommandResult;
using test::fovea_command;
using test::TemporaryFolder;
using test::TinyWorld;
using test::train_words;
using testing::AllOf;
using testing::HasSubstr;

class TrainingTools : public testing::Test {
 protected:
  const TinyWorld& world_ = TinyWorld::get();
  TemporaryFolder folder_;
};

TEST_F(TrainingTools, CheckTellsASoundTrainingFromABrokenOne) {
  const CommandResult sound = fovea_command(train_words(world_.idx(), "run", {"--check", "--json", "-"}), folder_.path());
  EXPECT_EQ(sound.code, 0) << sound.err;
  EXPECT_EQ(Json::parse(sound.out)["passed"], true);
  EXPECT_THAT(sound.err, AllOf(HasSubstr("ok      overfits"), HasSubstr("plots/batch.png")));
  const CommandResult broken = fovea_command(train_words(world_.idx(), "run", {"--check", "--lr", "1e-9"}), folder_.path());
  EXPECT_EQ(broken.code, 1);
  EXPECT_THAT(broken.err, HasSubstr("FAILED  overfits"));
  EXPECT_FALSE(std::filesystem::exists(folder_ / "run/weights"));
}

TEST_F(TrainingTools, DiagnoseAndPlotReadARunFolder) {
  const std::string run = (world_ / "run").string();
  const CommandResult said = fovea_command({"diagnose", run, "--json", "-"}, folder_.path());
  ASSERT_EQ(said.code, 0) << said.err;
  EXPECT_EQ(Json::parse(said.out)["epochs"], 4);
  EXPECT_FALSE(Json::parse(said.out)["findings"].empty());
  EXPECT_EQ(fovea_command({"diagnose", "nowhere"}, folder_.path()).code, 2);
  EXPECT_EQ(fovea_command({"plot", run, run, "--out", "curves.svg"}, folder_.path()).code, 0);
  EXPECT_THAT(read_text_file(folder_ / "curves.svg"), HasSubstr("deviation of 2 runs"));
  EXPECT_EQ(fovea_command({"plot", run, "--out", "curves.gif"}, folder_.path()).code, 2);
}

TEST_F(TrainingTools, FindLrPrintsARateAndSearchARecipe) {
  const std::string recipe = (world_ / "run/recipe.json").string();
  const CommandResult rate = fovea_command({"find-lr", "--config", recipe, "--updates", "40", "--out", "rates"}, folder_.path());
  ASSERT_EQ(rate.code, 0) << rate.err;
  EXPECT_GT(std::stod(rate.out), 0);
  EXPECT_TRUE(std::filesystem::exists(folder_ / "rates/find_lr.png"));

  folder_.write("space.json", R"({"learning_rate": {"log_uniform": [1e-3, 1e-1]}})");
  const std::vector<std::string> words = {"search",     "--config", recipe, "--epochs", "1",    "--space",
                                          "space.json", "--trials", "2",    "--out",    "found"};
  ASSERT_EQ(fovea_command(words, folder_.path()).code, 0);
  EXPECT_EQ(fovea_command({"train", "--config", "found/best_recipe.json", "--out", "again"}, folder_.path()).code, 0);
  folder_.write("space.json", R"({"learning_rat": {"uniform": [0, 1]}})");
  const CommandResult wrong = fovea_command(words, folder_.path());
  EXPECT_EQ(wrong.code, 2);
  EXPECT_THAT(wrong.err, HasSubstr("did you mean \"learning_rate\""));
}

TEST_F(TrainingTools, SeedsBecomeAnEnsemble) {
  const CommandResult seeds = fovea_command(train_words(world_.idx(), "seeds", {"--seeds", "1,2", "--json", "-"}), folder_.path());
  ASSERT_EQ(seeds.code, 0) << seeds.err;
  EXPECT_EQ(Json::parse(seeds.out)["runs"].size(), 2U);
  const std::string models = "seeds/seed-1/weights/best.fovea,seeds/seed-2/weights/best.fovea";
  const CommandResult evaluated =
      fovea_command({"evaluate", "--model", models, "--tta", "flip", "--data", world_.idx(), "--json", "-"}, folder_.path());
  ASSERT_EQ(evaluated.code, 0) << evaluated.err;
  EXPECT_EQ(Json::parse(evaluated.out)["model"], models);
  const CommandResult predicted = fovea_command(
      {"predict", "--model", models, "--images", (world_ / "pictures").string(), "--no-overlays", "--out", "results"}, folder_.path());
  EXPECT_EQ(predicted.code, 0) << predicted.err;
  EXPECT_EQ(fovea_command({"evaluate", "--model", models, "--tta", "spin", "--data", world_.idx()}, folder_.path()).code, 2);
}

}  // namespace
}  // namespace fovea
