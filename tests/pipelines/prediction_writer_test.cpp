#include "fovea/pipelines/prediction_writer.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "fovea/base/error.hpp"
#include "fovea/base/text.hpp"
#include "fovea/vision/image_loader.hpp"
#include "support/shape_pictures.hpp"
#include "support/temporary_folder.hpp"

namespace fovea {
namespace {

namespace fs = std::filesystem;
using test::shape_picture;
using test::TemporaryFolder;
using testing::ElementsAre;

const std::vector<std::string> kLabels = {"T-shirt/top", "bag, \"small\"", "coat"};

Classification result_of(std::size_t best) {
  std::vector<float> probabilities = {0.1F, 0.1F, 0.1F};
  probabilities[best] = 0.8F;
  return decode_classification(probabilities, kLabels);
}

std::vector<std::string> lines_of(const fs::path& file) {
  std::vector<std::string> lines = split(read_text_file(file), '\n');
  if (!lines.empty() && lines.back().empty()) lines.pop_back();
  return lines;
}

class PredictionWriterTest : public testing::Test {
 protected:
  fs::path out() const { return folder_ / "out"; }
  PredictionWriterOptions options() const { return {.out = out(), .base = folder_ / "in"}; }
  fs::path input(const std::string& name) const { return folder_ / ("in/" + name); }

  TemporaryFolder folder_;
  cv::Mat image_ = shape_picture(0, 1);
};

TEST_F(PredictionWriterTest, WritesALineOfJsonForEachImage) {
  PredictionWriter writer({.out = out(), .base = folder_ / "in", .top = 2, .overlays = false});
  writer.write(input("a.png"), image_, result_of(2));
  writer.write("odd \"name\",\n.png", image_, result_of(0));
  writer.finish({.images = 2}, "m.fovea");
  const std::vector<std::string> lines = lines_of(out() / "predictions.jsonl");
  ASSERT_EQ(lines.size(), 2u);
  const Json first = Json::parse(lines[0]);
  EXPECT_EQ(first["file"], input("a.png").string());
  EXPECT_EQ(first["index"], 2);
  EXPECT_EQ(first["label"], "coat");
  EXPECT_EQ(first["score"].get<float>(), 0.8F);
  ASSERT_EQ(first["top"].size(), 2u);
  EXPECT_EQ(first["top"][1], Json({{"index", 0}, {"label", "T-shirt/top"}, {"score", 0.1F}}));
  EXPECT_EQ(Json::parse(lines[1])["file"], "odd \"name\",\n.png");
}

TEST_F(PredictionWriterTest, QuotesWhatWouldBreakACsvRow) {
  PredictionWriter writer({.out = out(), .base = folder_ / "in", .overlays = false});
  writer.write("plain.png", image_, result_of(2));
  writer.write("with, comma.png", image_, result_of(1));
  writer.finish({}, "m.fovea");
  EXPECT_THAT(lines_of(out() / "predictions.csv"),
              ElementsAre("file,index,label,score", "plain.png,2,coat,0.8", "\"with, comma.png\",1,\"bag, \"\"small\"\"\",0.8"));
}

TEST_F(PredictionWriterTest, ListsFailures) {
  PredictionWriter writer(options());
  writer.fail("bad.png", "is \"empty\"");
  writer.finish({.images = 0, .failures = 1, .seconds = 2}, "m.fovea");
  const std::vector<std::string> lines = lines_of(out() / "failed.jsonl");
  ASSERT_EQ(lines.size(), 1u);
  EXPECT_EQ(Json::parse(lines[0]), Json({{"file", "bad.png"}, {"reason", "is \"empty\""}}));
  EXPECT_TRUE(lines_of(out() / "predictions.jsonl").empty());
  const Json manifest = read_json_file(out() / "manifest.json");
  EXPECT_EQ(manifest["model"], "m.fovea");
  EXPECT_EQ(manifest["images"], 0);
  EXPECT_EQ(manifest["failures"], 1);
}

TEST_F(PredictionWriterTest, NamesThatAreNoUtf8StayReadable) {
  PredictionWriter writer({.out = out(), .base = folder_ / "in", .overlays = false});
  writer.write("caf\xE9.png", image_, result_of(0));
  writer.fail("\xFF.png", "reason");
  writer.finish({}, "m.fovea");
  EXPECT_NO_THROW(Json::parse(lines_of(out() / "predictions.jsonl").at(0)));
  EXPECT_NO_THROW(Json::parse(lines_of(out() / "failed.jsonl").at(0)));
}

TEST_F(PredictionWriterTest, OverlaysKeepTheirPathsBelowTheBase) {
  PredictionWriter writer(options());
  for (const char* name : {"a.png", "sub/a.png", "sub/deep/b.jpg", "c.bmp", "d.JPG"}) writer.write(input(name), image_, result_of(0));
  writer.finish({}, "m.fovea");
  for (const char* name : {"a.png", "sub/a.png", "sub/deep/b.jpg", "c.bmp.png", "d.JPG.png"}) {
    const cv::Mat overlay = load_image(out() / "overlays" / name);
    EXPECT_GT(overlay.rows, image_.rows) << name;
  }
  EXPECT_EQ(load_image(out() / "contact_sheet.png").type(), CV_8UC3);
}

TEST_F(PredictionWriterTest, OverlaysOfOtherFoldersNeitherCollideNorEscape) {
  PredictionWriter writer(options());
  const std::vector<fs::path> inputs = {input("../x/a.png"), input("../y/a.png"), input("../../a.png"),
                                        "x/a.png",           "../a.png",          "/nowhere/a.png"};
  for (const fs::path& file : inputs) writer.write(file, image_, result_of(0));
  writer.finish({}, "m.fovea");
  std::size_t overlays = 0;
  for (const auto& entry : fs::recursive_directory_iterator(out() / "overlays")) overlays += entry.is_regular_file() ? 1 : 0;
  EXPECT_EQ(overlays, inputs.size());
  EXPECT_THAT(std::vector<fs::path>(fs::directory_iterator(folder_.path()), fs::directory_iterator()), ElementsAre(out()));
}

TEST_F(PredictionWriterTest, WithoutABaseOverlaysKeepTheirRelativePaths) {
  PredictionWriter writer({.out = out(), .base = ""});  // the folder of "list.txt" in the working folder
  writer.write("x/a.png", image_, result_of(0));
  writer.write("y/a.png", image_, result_of(0));
  writer.finish({}, "m.fovea");
  EXPECT_TRUE(fs::exists(out() / "overlays/x/a.png"));
  EXPECT_TRUE(fs::exists(out() / "overlays/y/a.png"));
}

TEST_F(PredictionWriterTest, OverlaysCanBeLeftOut) {
  PredictionWriter writer({.out = out(), .base = folder_ / "in", .overlays = false});
  writer.write(input("a.png"), image_, result_of(0));
  writer.finish({}, "m.fovea");
  EXPECT_FALSE(fs::exists(out() / "overlays"));
  EXPECT_EQ(read_json_file(out() / "manifest.json")["overlays"], false);
}

TEST_F(PredictionWriterTest, TakesTheOddestImages) {
  PredictionWriter writer(options());
  writer.write(input("point.png"), cv::Mat(1, 1, CV_8UC3, cv::Scalar::all(9)), result_of(0));
  writer.write(input("wide.png"), cv::Mat(1, 60000, CV_8UC3, cv::Scalar::all(9)), result_of(0));
  writer.finish({}, "m.fovea");
  EXPECT_TRUE(fs::exists(out() / "overlays/point.png"));
  EXPECT_TRUE(fs::exists(out() / "overlays/wide.png"));
}

TEST_F(PredictionWriterTest, NothingHasItsNameBeforeTheEnd) {
  {
    PredictionWriter writer(options());
    writer.write(input("a.png"), image_, result_of(0));
    writer.fail(input("b.png"), "reason");
  }
  for (const char* name : {"predictions.jsonl", "predictions.csv", "failed.jsonl", "manifest.json", "contact_sheet.png"})
    EXPECT_FALSE(fs::exists(out() / name)) << name;
  EXPECT_THAT(std::vector<fs::path>(fs::directory_iterator(out()), fs::directory_iterator()), ElementsAre(out() / "overlays"))
      << "temporary files are gone";
}

TEST_F(PredictionWriterTest, EarlierResultsStayUntilTheEnd) {
  folder_.write("out/predictions.csv", "earlier");
  {
    PredictionWriter writer(options());
    writer.write(input("a.png"), image_, result_of(0));
  }
  EXPECT_EQ(read_text_file(out() / "predictions.csv"), "earlier");
}

TEST_F(PredictionWriterTest, FoldersThatCannotBeAreErrors) {
  folder_.write("file", "");
  EXPECT_THROW(PredictionWriter({.out = folder_ / "file/out", .base = ""}), FileError);
}

}  // namespace
}  // namespace fovea
