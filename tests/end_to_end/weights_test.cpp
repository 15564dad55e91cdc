// Weights in and out: fovea import, export, train --weights.
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
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

const std::string kTorchFile = FOVEA_ZOO_FOLDER "/tiny_alexnet.safetensors";
const std::string kNarrow = R"({"widths":[4,5,6,4,3],"hidden":8})";

TEST(Import, MakesAModelThatRunsAndExportGivesTheFileBack) {
  const TemporaryFolder folder;
  folder.write("names.txt", "ant\nbee\ncat\ndog\neel\nfly\ngnu\n");
  const CommandResult imported =
      fovea_command({"import", "--torch-safetensors", kTorchFile, "--model", "alexnet", "--model-options", kNarrow, "--names", "names.txt",
                     "--resize", "letterbox", "--out", "m.fovea", "--json", "-"},
                    folder.path());
  ASSERT_EQ(imported.code, 0) << imported.err;
  EXPECT_EQ(Json::parse(imported.out)["classes"], 7);
  const CommandResult inspected = fovea_command({"inspect", "m.fovea"}, folder.path());
  for (const char* part : {"alexnet", "ant, bee", "letterbox", "0.485", "classifier.6"}) EXPECT_THAT(inspected.out, HasSubstr(part));
  const CommandResult predicted = fovea_command(
      {"predict", "--model", "m.fovea", "--images", (TinyWorld::get() / "pictures").string(), "--out", "results"}, folder.path());
  EXPECT_EQ(predicted.code, 0) << predicted.err;

  ASSERT_EQ(fovea_command({"export", "--model", "m.fovea", "--safetensors", "back.safetensors"}, folder.path()).code, 0);
  const CommandResult again = fovea_command({"import", "--torch-safetensors", "back.safetensors", "--model", "alexnet", "--model-options",
                                             kNarrow, "--names", "names.txt", "--resize", "letterbox", "--out", "again.fovea"},
                                            folder.path());
  ASSERT_EQ(again.code, 0) << again.err;
  EXPECT_EQ(read_text_file(folder / "again.fovea"), read_text_file(folder / "m.fovea"));
}

TEST(Import, WhatDoesNotFitIsListed) {
  const TemporaryFolder folder;
  const CommandResult result = fovea_command({"import", "--torch-safetensors", kTorchFile, "--model", "alexnet", "--model-options",
                                              R"({"widths":[4,5,6,4,3],"hidden":9})", "--out", "m.fovea"},
                                             folder.path());
  EXPECT_EQ(result.code, 2);
  EXPECT_THAT(result.err, AllOf(HasSubstr("classifier.1.weight is [8,108], expected [9,108]"), HasSubstr("classifier.4.bias is [8]")));
  EXPECT_FALSE(std::filesystem::exists(folder / "m.fovea"));
  EXPECT_EQ(fovea_command({"import", "--model", "alexnet", "--out", "m.fovea"}, folder.path()).code, 2);
  EXPECT_EQ(fovea_command({"export", "--model", "m.fovea", "--safetensors", "x"}, folder.path()).code, 2);
}

TEST(TrainWeights, BeginsWithTheWeightsOfAFile) {
  const TinyWorld& world = TinyWorld::get();
  const TemporaryFolder folder;
  // A step too small to see: what was measured on the first run's best weights comes out again.
  const CommandResult result = fovea_command(
      test::train_words(world.idx(), "run", {"--weights", world.model(), "--lr", "1e-30", "--weight-decay", "0"}), folder.path());
  ASSERT_EQ(result.code, 0) << result.err;
  EXPECT_THAT(result.err, AllOf(HasSubstr("weights of " + world.model()), Not(HasSubstr("begins anew"))));
  const Json before = read_json_file(world / "run/validation.json"), after = read_json_file(folder / "run/validation.json");
  EXPECT_EQ(before["top1"], after["top1"]);
  EXPECT_EQ(before["confusion"], after["confusion"]);
  EXPECT_EQ(read_json_file(folder / "run/recipe.json")["weights"], world.model());
}

TEST(TrainWeights, DrawsTheHeadAnew) {
  const TinyWorld& world = TinyWorld::get();
  const TemporaryFolder folder;
  const CommandResult result =
      fovea_command(test::train_words(world.idx(), "run", {"--weights", world.model(), "--allow", "head"}), folder.path());
  ASSERT_EQ(result.code, 0) << result.err;
  EXPECT_THAT(result.err, HasSubstr("begins anew: fc2.weight, fc2.bias\n"));
}

TEST(TrainWeights, WeightsThatDoNotFitLeaveNoRunFolder) {
  const TinyWorld& world = TinyWorld::get();
  const TemporaryFolder folder;
  const CommandResult result = fovea_command({"train", "--data", world.idx(), "--model", "lenet5", "--model-options",
                                              R"({"filters1":4,"filters2":6,"hidden":17})", "--weights", world.model(), "--out", "run"},
                                             folder.path());
  EXPECT_EQ(result.code, 2);
  EXPECT_THAT(result.err, AllOf(HasSubstr("wrong shape: fc1.bias is [16], expected [17]"), HasSubstr("wrong shape: fc2.weight is [3,16]")));
  EXPECT_FALSE(std::filesystem::exists(folder / "run"));
  const CommandResult alone = fovea_command(test::train_words(world.idx(), "run", {"--allow", "head"}), folder.path());
  EXPECT_EQ(alone.code, 2);
  EXPECT_THAT(alone.err, HasSubstr("--weights"));
}

}  // namespace
}  // namespace fovea
