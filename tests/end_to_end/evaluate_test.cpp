#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "fovea/base/json.hpp"
#include "fovea/vision/image_writer.hpp"
#include "support/page_checks.hpp"
#include "support/shape_pictures.hpp"
#include "tiny_data.hpp"

namespace fovea {
namespace {

using test::CommandResult;
using test::fovea_command;
using test::TemporaryFolder;
using test::TinyWorld;
using testing::AllOf;
using testing::HasSubstr;

class Evaluate : public testing::Test {
 protected:
  CommandResult evaluate(const std::string& data, const std::vector<std::string>& more = {}) const {
    std::vector<std::string> words = {"evaluate", "--model", world_.model(), "--data", data};
    words.insert(words.end(), more.begin(), more.end());
    return fovea_command(words, folder_.path());
  }

  const TinyWorld& world_ = TinyWorld::get();
  TemporaryFolder folder_;
};

TEST_F(Evaluate, GivesTheKeysThatAreFixed) {
  const CommandResult result = evaluate(world_.idx(), {"--json", "-"});
  ASSERT_EQ(result.code, 0) << result.err;
  const Json metrics = Json::parse(result.out);
  for (const char* key : {"protocol", "count", "split", "model", "fovea_version", "top1", "top5", "confusion", "per_class", "ece"})
    EXPECT_TRUE(metrics.contains(key)) << key;
  EXPECT_EQ(metrics["count"], 12);
  EXPECT_EQ(metrics["split"], "test");
  EXPECT_EQ(metrics["model"], world_.model());
  EXPECT_EQ(metrics["top1"], 1.0) << "bars that differ this much are easy";
  EXPECT_EQ(metrics["confusion"], Json::parse("[[4,0,0],[0,4,0],[0,0,4]]"));
  ASSERT_EQ(metrics["per_class"].size(), 3u);
  for (const char* key : {"precision", "recall", "f1", "support"}) EXPECT_TRUE(metrics["per_class"]["0"].contains(key)) << key;
}

TEST_F(Evaluate, PrintsATableAndTheSplit) {
  const CommandResult result = evaluate(world_.idx());
  EXPECT_EQ(result.code, 0);
  EXPECT_THAT(result.out, AllOf(HasSubstr("top-1 1.0000"), HasSubstr("precision"), HasSubstr("images 12")));
  EXPECT_THAT(result.err, HasSubstr("split test: 12 images"));
  EXPECT_EQ(evaluate(world_.idx(), {"--quiet"}).err, "");
}

TEST_F(Evaluate, UsesTheSplitThatIsAsked) {
  for (const auto& [split, count] : std::vector<std::pair<std::string, int>>{{"train", 45}, {"val", 3}, {"test", 12}, {"all", 60}}) {
    const CommandResult result = evaluate(world_.idx(), {"--split", split, "--json", "-"});
    ASSERT_EQ(result.code, 0) << result.err;
    EXPECT_EQ(Json::parse(result.out)["split"], split);
    EXPECT_EQ(Json::parse(result.out)["count"], count) << split;
    EXPECT_THAT(result.err, HasSubstr("split " + split + ":"));
  }
  const CommandResult unknown = evaluate(world_.idx(), {"--split", "tset"});
  EXPECT_EQ(unknown.code, 2);
  EXPECT_THAT(unknown.err, HasSubstr("did you mean \"test\""));
}

TEST_F(Evaluate, NeitherBatchNorThreadsChangeAByte) {
  const std::string expected = evaluate(world_.idx(), {"--json", "-", "--batch", "1", "--threads", "1", "--workers", "0"}).out;
  EXPECT_FALSE(expected.empty());
  EXPECT_EQ(evaluate(world_.idx(), {"--json", "-", "--batch", "64", "--threads", "2", "--workers", "2"}).out, expected);
}

TEST_F(Evaluate, WritesFilesWhereToldTo) {
  ASSERT_EQ(evaluate(world_.idx(), {"--json", "deep/metrics.json", "--plots", "plots"}).code, 0);
  EXPECT_EQ(read_json_file(folder_ / "deep/metrics.json")["count"], 12);
  EXPECT_TRUE(std::filesystem::exists(folder_ / "plots/confusion_matrix.png"));
}

TEST_F(Evaluate, DataWithoutSplitsKeepsTheTrainingsTestImages) {
  test::write_shapes(folder_ / "shapes", 20);
  const CommandResult training =
      fovea_command(test::train_words("folder:shapes", "run", {"--image-size", "16", "--seed", "5"}), folder_.path());
  ASSERT_EQ(training.code, 0) << training.err;
  const CommandResult result = fovea_command({"evaluate", "--model", "run/weights/best.fovea", "--data", "folder:shapes"}, folder_.path());
  EXPECT_EQ(result.code, 0);
  EXPECT_THAT(result.err, AllOf(HasSubstr("seed 5"), HasSubstr("split test: 6 images")));
}

TEST_F(Evaluate, ThePageStandsAlone) {
  const CommandResult result = evaluate(world_.idx(), {"--report", "report.html", "--json", "-", "--split", "all"});
  ASSERT_EQ(result.code, 0) << result.err;
  const Json curves = Json::parse(result.out).at("curves");
  for (const char* mean : {"micro", "macro", "weighted"}) EXPECT_GT(curves.at(mean).at("auc").get<double>(), .9) << mean;
  EXPECT_TRUE(curves.at("per_class").at("0").contains("average_precision"));
  const std::string page = read_text_file(folder_ / "report.html");
  test::expect_stands_alone(page);
  EXPECT_THAT(page, AllOf(HasSubstr("Confusion"), HasSubstr("Calibration"), HasSubstr("receiver operating characteristic"),
                          HasSubstr("precision over recall"), HasSubstr("of 60 are wrong")));
}

TEST_F(Evaluate, TheTemperatureIsGivenOrFittedToValidation) {
  const Json plain = Json::parse(evaluate(world_.idx(), {"--json", "-"}).out);
  EXPECT_FALSE(plain.contains("calibration"));
  const Json same = Json::parse(evaluate(world_.idx(), {"--json", "-", "--temperature", "1"}).out);
  EXPECT_NEAR(same.at("mean_nll").get<double>(), plain.at("mean_nll").get<double>(), 1e-6);
  const Json flat = Json::parse(evaluate(world_.idx(), {"--json", "-", "--temperature", "10000"}).out);
  EXPECT_NEAR(flat.at("mean_nll").get<double>(), std::log(3), 1e-2) << "all classes are as probable";
  EXPECT_EQ(flat.at("top1"), plain.at("top1"));
  EXPECT_EQ(flat.at("calibration").at("mean_nll_before"), plain.at("mean_nll"));
  const CommandResult fitted = evaluate(world_.idx(), {"--json", "-", "--temperature", "fit"});
  ASSERT_EQ(fitted.code, 0) << fitted.err;
  EXPECT_THAT(fitted.err, AllOf(HasSubstr("fitted to the 3 images of val"), HasSubstr("negative log-likelihood")));
  EXPECT_THAT(evaluate(world_.idx(), {"--temperature", "fit", "--split", "val"}).err, HasSubstr("expected another split"));
  EXPECT_EQ(evaluate(world_.idx(), {"--temperature", "warm"}).code, 2);
  EXPECT_EQ(evaluate(world_.idx(), {"--temperature", "0"}).code, 2);
}

TEST_F(Evaluate, UnusableModelsAreNamed) {
  const auto expect_refused = [&](const std::string& model, const std::string& part) {
    const CommandResult result = fovea_command({"evaluate", "--model", model, "--data", world_.idx(), "--json", "-"}, folder_.path());
    EXPECT_EQ(result.code, 2) << model;
    EXPECT_EQ(result.out, "") << model;
    EXPECT_THAT(result.err, AllOf(HasSubstr(model), HasSubstr(part)));
  };
  expect_refused("missing.fovea", "No such file");
  folder_.write("text.fovea", "no model at all, just a text of some length");
  expect_refused("text.fovea", "is not a valid safetensors file");
  folder_.write("empty.fovea", "");
  expect_refused("empty.fovea", "is not a valid safetensors file");
  folder_.write("cut.fovea", read_text_file(world_.model()).substr(0, 3000));
  expect_refused("cut.fovea", "is not a valid safetensors file");
}

TEST_F(Evaluate, DataOfOtherClassesIsNamed) {
  save_image(folder_ / "animals/cat/1.png", test::shape_picture(0, 1));
  save_image(folder_ / "animals/dog/1.png", test::shape_picture(1, 1));
  const CommandResult result = evaluate("folder:animals");
  EXPECT_EQ(result.code, 2);
  EXPECT_THAT(result.err, HasSubstr("unknown class \"cat\""));
  folder_.write("more/t10k-images-idx3-ubyte", test::striped_images(3, 1));
  folder_.write("more/t10k-labels-idx1-ubyte", test::idx_labels({0, 1, 3}));
  const CommandResult more = evaluate("idx:more");
  EXPECT_EQ(more.code, 2);
  EXPECT_THAT(more.err, AllOf(HasSubstr("label 3"), HasSubstr("3 class names")));
}

}  // namespace
}  // namespace fovea
