#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "fovea/base/json.hpp"
#include "tiny_data.hpp"

namespace fovea {
namespace {

namespace fs = std::filesystem;
using test::CommandResult;
using test::fovea_command;
using test::TemporaryFolder;
using test::TinyWorld;
using testing::HasSubstr;

class FeatureClassifiers : public testing::Test {
 protected:
  CommandResult train(const std::string& model, const std::string& options, const std::string& out) const {
    return fovea_command({"train", "--task", "classify", "--data", "idx:" + (world_ / "plain").string(), "--model", model,
                          "--model-options", options, "--out", out, "--json", "-"},
                         folder_.path());
  }

  const TinyWorld& world_ = TinyWorld::get();
  TemporaryFolder folder_;
};

/// Under the same commands as a network: train, evaluate, predict, inspect.
TEST_F(FeatureClassifiers, ServeWhereANetworkDoes) {
  const std::pair<const char*, const char*> cases[] = {
      {"knn", R"({"k":3,"metric":"l1"})"},
      {"class-means", "{}"},
      {"linear-softmax", R"({"features":"hog","cell":4,"hog_form":"dalal-triggs"})"},
      {"linear-svm", R"({"features":"bag-of-words","words":8,"patch":5,"training_patches":300})"},
      {"knn", R"({"k":1,"features":"hog","cell":4,"metric":"cosine"})"},
  };
  int number = 0;
  for (const auto& [model, options] : cases) {
    SCOPED_TRACE(std::string(model) + ' ' + options);
    const std::string run = "run" + std::to_string(++number), file = run + "/weights/best.fovea";
    const CommandResult trained = train(model, options, run);
    ASSERT_EQ(trained.code, 0) << trained.err;
    EXPECT_EQ(Json::parse(trained.out)["top1"], 1) << "three classes of stripes";
    const CommandResult evaluated =
        fovea_command({"evaluate", "--model", file, "--data", "idx:" + (world_ / "plain").string(), "--json", "-"}, folder_.path());
    ASSERT_EQ(evaluated.code, 0) << evaluated.err;
    EXPECT_EQ(Json::parse(evaluated.out)["top1"], 1);
    const CommandResult predicted =
        fovea_command({"predict", "--model", file, "--images", (world_ / "pictures").string(), "--out", run + "/out"}, folder_.path());
    EXPECT_EQ(predicted.code, 0) << predicted.err;
    EXPECT_EQ(fovea_command({"inspect", file}, folder_.path()).code, 0);
    EXPECT_FALSE(fs::exists(folder_ / (run + "/results.csv"))) << "there are no epochs";
  }
}

TEST_F(FeatureClassifiers, EqualRecipesGiveEqualFiles) {
  for (const char* run : {"a", "b"})
    ASSERT_EQ(train("linear-softmax", R"({"features":"bag-of-words","words":8,"patch":5,"training_patches":300})", run).code, 0);
  EXPECT_EQ(read_text_file(folder_ / "a/weights/best.fovea"), read_text_file(folder_ / "b/weights/best.fovea"));
}

TEST_F(FeatureClassifiers, SayWhatTheyWant) {
  EXPECT_THAT(train("knn", R"({"features":"hogs"})", "out").err, HasSubstr("hog"));
  EXPECT_THAT(train("knn", R"({"cell":4})", "out").err, HasSubstr("cell")) << "pixels have no cells";
  EXPECT_THAT(train("knn", R"({"samples":4})", "out").err, HasSubstr("follows from the data"));
  EXPECT_THAT(train("knn", R"({"k":1000})", "out").err, HasSubstr("k is from 1 to"));
  EXPECT_THAT(train("linear-softmax", R"({"features":"hog","cell":99})", "out").err, HasSubstr("does not hold one cell of 99 pixels"));
  EXPECT_THAT(train("linear-softmax", R"({"features":"hog","hog_form":"dalal"})", "out").err, HasSubstr("dalal-triggs"));
  EXPECT_EQ(train("knn", R"({"features":"hogs"})", "out").code, 2);
}

}  // namespace
}  // namespace fovea
