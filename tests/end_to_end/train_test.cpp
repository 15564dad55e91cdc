#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "fovea/base/json.hpp"
#include "fovea/vision/image_writer.hpp"
#include "support/shape_pictures.hpp"
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
using testing::Not;

class Train : public testing::Test {
 protected:
  CommandResult train(const std::string& data, const std::vector<std::string>& more = {}) const {
    return fovea_command(train_words(data, "run", more), folder_.path());
  }
  std::string weights(const std::string& run) const { return read_text_file(folder_ / (run + "/weights/last.fovea")); }

  const TinyWorld& world_ = TinyWorld::get();
  TemporaryFolder folder_;
};

TEST_F(Train, LogsPlainLinesAndNothingElse) {
  const CommandResult& training = world_.training();
  ASSERT_EQ(training.code, 0) << training.err;
  EXPECT_EQ(training.out, "");
  EXPECT_THAT(training.err, AllOf(HasSubstr("epoch 1/4"), HasSubstr("epoch 4/4"), HasSubstr("val_top1"), HasSubstr("best epoch"),
                                  HasSubstr("seeded stratified twelfth of train")));
  EXPECT_THAT(training.err, AllOf(Not(HasSubstr("\x1b")), Not(HasSubstr("\r")))) << "no terminal, no escape codes";
  for (const char* file : {"recipe.json", "results.csv", "validation.json", "weights/best.fovea", "weights/last.fovea"})
    EXPECT_TRUE(std::filesystem::exists(world_ / ("run/" + std::string(file)))) << file;
}

TEST_F(Train, QuietIsSilent) {
  const CommandResult result = train(world_.idx(), {"--quiet"});
  EXPECT_EQ(result.code, 0);
  EXPECT_EQ(result.err, "");
  EXPECT_EQ(result.out, "");
}

TEST_F(Train, JsonOnStdoutIsAllThereIs) {
  const CommandResult result = train(world_.idx(), {"--json", "-"});
  ASSERT_EQ(result.code, 0) << result.err;
  const Json metrics = Json::parse(result.out);
  EXPECT_EQ(metrics["split"], "val");
  EXPECT_EQ(metrics, read_json_file(folder_ / "run/validation.json"));
}

TEST_F(Train, PlainAndCompressedFilesAndThreadsGiveEqualWeights) {
  std::filesystem::copy(world_ / "plain", folder_ / "data", std::filesystem::copy_options::recursive);
  ASSERT_EQ(fovea_command(train_words("idx:data", "one", {"--threads", "1", "--workers", "0"}), folder_.path()).code, 0);
  std::filesystem::remove_all(folder_ / "data");
  std::filesystem::copy(world_ / "idx", folder_ / "data", std::filesystem::copy_options::recursive);
  ASSERT_EQ(fovea_command(train_words("idx:data", "two", {"--threads", "2", "--workers", "2"}), folder_.path()).code, 0);
  EXPECT_EQ(weights("one"), weights("two"));
}

TEST_F(Train, TheTestImagesChangeNothing) {
  std::filesystem::copy(world_ / "plain", folder_ / "data", std::filesystem::copy_options::recursive);
  ASSERT_EQ(fovea_command(train_words("idx:data", "with"), folder_.path()).code, 0);
  std::filesystem::remove(folder_ / "data/t10k-images-idx3-ubyte");
  std::filesystem::remove(folder_ / "data/t10k-labels-idx1-ubyte");
  ASSERT_EQ(fovea_command(train_words("idx:data", "without"), folder_.path()).code, 0);
  EXPECT_EQ(weights("with"), weights("without"));
}

TEST_F(Train, ItsRecipeRepeatsItAndFlagsOverrideIt) {
  const std::string recipe = (world_ / "run/recipe.json").string();
  ASSERT_EQ(fovea_command({"train", "--config", recipe, "--out", "again"}, folder_.path()).code, 0);
  EXPECT_EQ(weights("again"), read_text_file(world_ / "run/weights/last.fovea"));
  ASSERT_EQ(fovea_command({"train", "--config", recipe, "--out", "other", "--seed", "2", "--epochs", "1"}, folder_.path()).code, 0);
  const Json other = read_json_file(folder_ / "other/recipe.json");
  EXPECT_EQ(other["seed"], 2);
  EXPECT_EQ(other["epochs"], 1);
  EXPECT_EQ(other["batch"], 8);
}

TEST_F(Train, Bf16IsInTheRecipeAndItsModelRunsInEitherPrecision) {
  const CommandResult result = train(world_.idx(), {"--precision", "bf16"});
  ASSERT_EQ(result.code, 0) << result.err;
  EXPECT_EQ(read_json_file(folder_ / "run/recipe.json")["precision"], "bf16");
  EXPECT_NE(weights("run"), read_text_file(world_ / "run/weights/last.fovea"));
  ASSERT_EQ(fovea_command({"train", "--config", "run/recipe.json", "--out", "again"}, folder_.path()).code, 0);
  EXPECT_EQ(weights("again"), weights("run"));
  for (const char* precision : {"f32", "bf16"}) {
    const CommandResult evaluated = fovea_command(
        {"evaluate", "--model", "run/weights/best.fovea", "--data", world_.idx(), "--precision", precision, "--json", "-"}, folder_.path());
    ASSERT_EQ(evaluated.code, 0) << evaluated.err;
    EXPECT_GE(Json::parse(evaluated.out)["top1"], 0.9) << precision;
    const CommandResult predicted =
        fovea_command({"predict", "--model", "run/weights/best.fovea", "--images", (world_ / "pictures").string(), "--no-overlays",
                       "--precision", precision, "--out", precision},
                      folder_.path());
    EXPECT_EQ(predicted.code, 0) << predicted.err;
  }
  EXPECT_NE(read_text_file(folder_ / "f32/predictions.jsonl"), read_text_file(folder_ / "bf16/predictions.jsonl"));
}

TEST_F(Train, WithoutOutItChoosesAFreeFolder) {
  std::vector<std::string> words = train_words(world_.idx(), "");
  words.erase(words.end() - 2, words.end());
  ASSERT_EQ(fovea_command(words, folder_.path()).code, 0);
  ASSERT_EQ(fovea_command(words, folder_.path()).code, 0);
  EXPECT_TRUE(std::filesystem::exists(folder_ / "runs/classify/lenet5/weights/best.fovea"));
  EXPECT_TRUE(std::filesystem::exists(folder_ / "runs/classify/lenet5-2/weights/best.fovea"));
}

TEST_F(Train, ARunFolderWithWeightsIsRefused) {
  const CommandResult result = fovea_command(train_words(world_.idx(), (world_ / "run").string()));
  EXPECT_EQ(result.code, 2);
  EXPECT_THAT(result.err, HasSubstr("earlier run"));
}

TEST_F(Train, UnusableDataIsNamed) {
  const auto expect_refused = [&](const std::string& data, const std::vector<std::string>& parts) {
    const CommandResult result = train(data);
    EXPECT_EQ(result.code, 2) << data;
    EXPECT_EQ(result.out, "") << data;
    for (const std::string& part : parts) EXPECT_THAT(result.err, HasSubstr(part)) << data;
  };
  save_image(folder_ / "one-class/cats/1.png", test::shape_picture(0, 1));
  expect_refused("folder:one-class", {"one-class", "at least two classes", "\"cats\""});
  std::filesystem::create_directory(folder_ / "no-files");
  expect_refused("idx:no-files", {"no-files", "holds no IDX files"});
  expect_refused("folder:no-files", {"no-files", "holds no class folders"});
  expect_refused("idx:nowhere", {"nowhere", "is not a folder"});
  expect_refused("no-files", {"idx:no-files or folder:no-files"});
  expect_refused("idz:no-files", {"did you mean \"idx\""});
  folder_.write("counts/train-images-idx3-ubyte", test::striped_images(6, 1));
  folder_.write("counts/train-labels-idx1-ubyte", test::striped_labels(5));
  expect_refused("idx:counts", {"train-labels-idx1-ubyte", "5 labels", "6 images"});
  folder_.write("half/train-images-idx3-ubyte", test::striped_images(6, 1));
  expect_refused("idx:half", {"half", "not train-labels-idx1-ubyte"});
  folder_.write("cut/train-images-idx3-ubyte", test::striped_images(6, 1).substr(0, 500));
  folder_.write("cut/train-labels-idx1-ubyte", test::striped_labels(6));
  expect_refused("idx:cut", {"train-images-idx3-ubyte", "cut short"});
  EXPECT_FALSE(std::filesystem::exists(folder_ / "run/weights/last.fovea"));
}

TEST_F(Train, WrongRecipesAreNamed) {
  folder_.write("recipe.json", R"({"data": "idx:x", "epoch": 3})");
  const CommandResult unknown = fovea_command({"train", "--config", "recipe.json"}, folder_.path());
  EXPECT_EQ(unknown.code, 2);
  EXPECT_THAT(unknown.err, AllOf(HasSubstr("recipe.json"), HasSubstr("did you mean \"epochs\"")));
  folder_.write("broken.json", "{\n  \"data\": oops\n}");
  const CommandResult broken = fovea_command({"train", "--config", "broken.json"}, folder_.path());
  EXPECT_EQ(broken.code, 2);
  EXPECT_THAT(broken.err, AllOf(HasSubstr("broken.json"), HasSubstr("line 2")));
  EXPECT_EQ(fovea_command({"train", "--config", "missing.json"}, folder_.path()).code, 2);
  const CommandResult model = fovea_command({"train", "--data", world_.idx(), "--model", "lenet6"}, folder_.path());
  EXPECT_EQ(model.code, 2);
  EXPECT_THAT(model.err, HasSubstr("did you mean \"lenet5\""));
  EXPECT_EQ(train(world_.idx(), {"--device", "cuda"}).code, 2);
  EXPECT_EQ(train(world_.idx(), {"--precision", "f16"}).code, 2);
}

TEST_F(Train, LearnsFromFoldersOfColourPictures) {
  test::write_shapes(folder_ / "shapes", 20);
  const CommandResult result =
      train("folder:shapes", {"--image-size", "16", "--augment", "flip,crop", "--lr", "0.01", "--json", "metrics.json"});
  ASSERT_EQ(result.code, 0) << result.err;
  EXPECT_THAT(result.err, AllOf(HasSubstr("80/10/10"), HasSubstr("input 16x16x3")));
  EXPECT_GE(read_json_file(folder_ / "metrics.json")["top1"].get<double>(), 0.8);
  EXPECT_EQ(read_json_file(folder_ / "run/recipe.json")["augment"], Json({"flip", "crop"}));
}

}  // namespace
}  // namespace fovea
