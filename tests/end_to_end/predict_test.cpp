#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <opencv2/core.hpp>

#include "fovea/base/json.hpp"
#include "fovea/base/text.hpp"
#include "fovea/vision/image_writer.hpp"
#include "json_lines.hpp"
#include "tiny_data.hpp"

namespace fovea {
namespace {

namespace fs = std::filesystem;
using test::CommandResult;
using test::fovea_command;
using test::TemporaryFolder;
using test::TinyWorld;
using testing::AllOf;
using testing::HasSubstr;

class Predict : public testing::Test {
 protected:
  CommandResult predict(const std::string& images, const std::vector<std::string>& more = {}) const {
    std::vector<std::string> words = {"predict", "--model", world_.model(), "--images", images, "--out", "out"};
    words.insert(words.end(), more.begin(), more.end());
    return fovea_command(words, folder_.path());
  }
  std::vector<Json> lines(const std::string& name) const { return test::read_json_lines(folder_ / name); }
  /// photos/good.png, and two files that are no pictures unless `all_bad` is asked for.
  void write_photos(bool all_bad) const {
    const std::string png = read_text_file(world_ / "pictures/0/00000.png");
    folder_.write("photos/good.png", all_bad ? "" : png);
    folder_.write("photos/other.png", all_bad ? "" : png);
    folder_.write("photos/renamed.jpg", "a letter");
  }

  const TinyWorld& world_ = TinyWorld::get();
  TemporaryFolder folder_;
};

TEST_F(Predict, ClassifiesAFolder) {
  const CommandResult result = predict((world_ / "pictures").string());
  ASSERT_EQ(result.code, 0) << result.err;
  EXPECT_EQ(result.out, "");
  EXPECT_THAT(result.err, HasSubstr("12 images classified, 0 failed"));
  const std::vector<Json> predictions = lines("out/predictions.jsonl");
  ASSERT_EQ(predictions.size(), 12u);
  for (const Json& prediction : predictions)
    EXPECT_EQ(prediction["label"], fs::path(prediction["file"].get<std::string>()).parent_path().filename().string())
        << "the folder is the class";
  for (const char* file :
       {"predictions.csv", "failed.jsonl", "manifest.json", "contact_sheet.png", "overlays/0/00000.png", "overlays/2/00002.png"})
    EXPECT_TRUE(fs::exists(folder_ / ("out/" + std::string(file)))) << file;
}

TEST_F(Predict, OneBadFileIsSetAside) {
  write_photos(false);
  const CommandResult result = predict("photos");
  EXPECT_EQ(result.code, 1);
  EXPECT_THAT(result.err, AllOf(HasSubstr("2 images classified, 1 failed"), HasSubstr("failed.jsonl")));
  const std::vector<Json> failed = lines("out/failed.jsonl");
  ASSERT_EQ(failed.size(), 1u);
  EXPECT_EQ(failed[0]["file"], "photos/renamed.jpg");
  EXPECT_FALSE(failed[0]["reason"].get<std::string>().empty());
  EXPECT_EQ(lines("out/predictions.jsonl").size(), 2u);
}

TEST_F(Predict, OnlyBadFilesAreUnusable) {
  write_photos(true);
  const CommandResult result = predict("photos");
  EXPECT_EQ(result.code, 2);
  EXPECT_EQ(lines("out/failed.jsonl").size(), 3u);
}

TEST_F(Predict, TakesOddImages) {
  save_image(folder_ / "odd/point.png", cv::Mat(1, 1, CV_8UC1, cv::Scalar(3)));
  save_image(folder_ / "odd/wide.png", cv::Mat(1, 60000, CV_8UC3, cv::Scalar::all(3)));
  const CommandResult result = predict("odd");
  EXPECT_EQ(result.code, 0) << result.err;
  EXPECT_EQ(lines("out/predictions.jsonl").size(), 2u);
}

TEST_F(Predict, NothingToClassifyIsUnusable) {
  fs::create_directory(folder_ / "empty");
  for (const char* images : {"empty", "nowhere"}) {
    const CommandResult result = predict(images);
    EXPECT_EQ(result.code, 2) << images;
    EXPECT_THAT(result.err, HasSubstr(images));
  }
  EXPECT_FALSE(fs::exists(folder_ / "out"));
}

TEST_F(Predict, UnusableModelsAreNamed) {
  folder_.write("bad.fovea", "junk");
  for (const char* model : {"missing.fovea", "bad.fovea"}) {
    const CommandResult result =
        fovea_command({"predict", "--model", model, "--images", (world_ / "pictures").string(), "--out", "out"}, folder_.path());
    EXPECT_EQ(result.code, 2) << model;
    EXPECT_THAT(result.err, HasSubstr(model));
  }
}

TEST_F(Predict, NeitherBatchNorThreadsNorWorkersChangeAByte) {
  const auto predictions = [&](const std::vector<std::string>& flags) {
    EXPECT_EQ(predict((world_ / "pictures").string(), flags).code, 0);
    return read_text_file(folder_ / "out/predictions.jsonl");
  };
  const std::string expected = predictions({"--batch", "1", "--threads", "1", "--workers", "0", "--no-overlays"});
  EXPECT_EQ(predictions({"--batch", "64", "--threads", "2", "--workers", "2", "--no-overlays"}), expected);
  EXPECT_FALSE(fs::exists(folder_ / "out/overlays"));
}

TEST_F(Predict, CountsOnStdoutAsJson) {
  const CommandResult result = predict((world_ / "pictures/1").string(), {"--json", "-", "--quiet", "--top", "1"});
  ASSERT_EQ(result.code, 0) << result.err;
  EXPECT_EQ(result.err, "");
  EXPECT_EQ(Json::parse(result.out)["count"], 4);
  EXPECT_EQ(lines("out/predictions.jsonl").at(0)["top"].size(), 1u);
}

TEST_F(Predict, TakesListsAndSingleFiles) {
  folder_.write("list.txt", (world_ / "pictures/0/00000.png").string() + "\n" + (world_ / "pictures/1/00001.png").string() + "\n");
  ASSERT_EQ(predict("list.txt").code, 0);
  EXPECT_EQ(lines("out/predictions.jsonl").size(), 2u);
  ASSERT_EQ(predict((world_ / "pictures/2/00002.png").string()).code, 0);
  EXPECT_EQ(lines("out/predictions.jsonl").at(0)["label"], "2");
}

}  // namespace
}  // namespace fovea
