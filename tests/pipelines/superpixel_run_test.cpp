#include "fovea/pipelines/superpixel_run.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <opencv2/core.hpp>
#include <opencv2/imgcodecs.hpp>

#include "fovea/base/error.hpp"
#include "fovea/base/file.hpp"
#include "fovea/base/text.hpp"
#include "fovea/pipelines/proposal_run.hpp"
#include "fovea/pipelines/superpixel_evaluation.hpp"
#include "fovea/proposals/sliding_window.hpp"
#include "fovea/vision/image_loader.hpp"
#include "fovea/vision/image_writer.hpp"
#include "support/shape_pictures.hpp"
#include "support/temporary_folder.hpp"

namespace fovea {
namespace {

namespace fs = std::filesystem;
using test::shape_picture;
using test::TemporaryFolder;
using testing::ElementsAre;
using testing::HasSubstr;

class RegionRuns : public testing::Test {
 protected:
  RegionRuns() {
    for (int i = 0; i < 3; ++i)
      save_image(folder_ / ("in/a" + std::to_string(i) + ".png"), shape_picture(2, static_cast<std::uint64_t>(i), 40));
    save_image(folder_ / "in/sub/a0.png", shape_picture(1, 7, 24));
    save_image(folder_ / "in/a1.bmp", shape_picture(0, 8, 24));
    folder_.write("in/a3.png", "torn");
  }
  std::vector<fs::path> files() const { return find_images(folder_ / "in"); }
  SuperpixelRunOptions options(const std::string& out) const {
    return {.method = FelzenszwalbOptions{.scale = 300}, .out = folder_ / out, .base = folder_ / "in"};
  }

  TemporaryFolder folder_;
  Threads threads_{2};
};

TEST_F(RegionRuns, SuperpixelsLeaveFourFilesForAnImage) {
  const DirectoryRunSummary summary = run_superpixels(files(), options("out"), threads_);
  EXPECT_EQ(summary.images, 5);
  EXPECT_EQ(summary.failures, 1);
  EXPECT_THAT(read_text_file(folder_ / "out/failed.jsonl"), HasSubstr("a3.png"));
  for (const char* name : {"a0", "a1", "a1.png", "a2", "sub/a0"}) {  // a1.bmp comes before a1.png and takes the short name
    SCOPED_TRACE(name);
    const std::string png = std::string(name) + ".png";
    const cv::Mat labels = cv::imread((folder_ / ("out/labels/" + png)).string(), cv::IMREAD_UNCHANGED);
    ASSERT_EQ(labels.type(), CV_16U);
    double largest = 0;
    cv::minMaxLoc(labels, nullptr, &largest);
    const std::vector<std::string> rows = split(read_text_file(folder_ / ("out/regions/" + std::string(name) + ".csv")), '\n');
    EXPECT_EQ(rows.size(), static_cast<std::size_t>(largest) + 3) << "a head, a row for each region, and nothing after the last newline";
    EXPECT_EQ(load_image(folder_ / ("out/boundaries/" + png)).size(), labels.size());
    EXPECT_EQ(load_image(folder_ / ("out/means/" + png)).size(), labels.size());
  }
  const Json manifest = read_json_file(folder_ / "out/manifest.json");
  EXPECT_EQ(manifest["method"], "felzenszwalb");
  EXPECT_EQ(manifest["images"], 5);
}

TEST_F(RegionRuns, MoreRegionsThanAPngCanNumberIsAFailure) {
  cv::Mat noise(300, 300, CV_8UC3);
  cv::randu(noise, 0, 256);
  save_image(folder_ / "noise.png", noise);
  SuperpixelRunOptions many = options("many");
  many.method = FelzenszwalbOptions{.scale = 0, .min_size = 1, .graph = {.sigma = 0}};
  const std::vector<fs::path> one = {folder_ / "noise.png"};
  EXPECT_EQ(run_superpixels(one, many, threads_).failures, 1);
  EXPECT_THAT(read_text_file(folder_ / "many/failed.jsonl"),
              HasSubstr("more than the 65536 that a 16-bit PNG can number; a larger --scale"));
  EXPECT_FALSE(fs::exists(folder_ / "many/labels"));
}

TEST_F(RegionRuns, EvaluationFindsTheTruthsOfEachName) {
  SuperpixelRunOptions plain = options("out");
  plain.pictures = false;
  run_superpixels(files(), plain, threads_);
  EXPECT_FALSE(fs::exists(folder_ / "out/means"));
  fs::create_directories(folder_ / "gt/x");
  for (const char* name : {"a0_0.png", "x/a0_1.png", "a2.png"}) {
    const std::string from = std::string(name).find("a2") == std::string::npos ? "a0" : "a2";
    fs::copy_file(folder_ / ("out/labels/" + from + ".png"), folder_ / (std::string("gt/") + name));
  }
  const SuperpixelEvaluation evaluation = evaluate_superpixels(folder_ / "out/labels", folder_ / "gt");
  std::vector<std::string> names;
  for (const SuperpixelScore& image : evaluation.images) names.push_back(image.name);
  EXPECT_THAT(names, ElementsAre("a0", "a2")) << "sub/a0 has another size than its namesakes";
  for (const SuperpixelScore& image : evaluation.images) {
    EXPECT_EQ(image.metrics.boundary_recall, 1);
    EXPECT_EQ(image.metrics.undersegmentation_error, 0);
  }
  EXPECT_EQ(evaluation.failed.size(), 3u) << "a1 and a1.png have no truth, sub/a0 one of another size";
  EXPECT_THROW(evaluate_superpixels(folder_ / "gt/x", folder_ / "out/regions"), FileError);
}

TEST_F(RegionRuns, ProposalsAreOneFile) {
  const SlidingWindows windows({.sizes = {8}, .max_boxes = 5});
  const DirectoryRunSummary summary = run_proposals(windows, {{"method", "sliding-window"}}, files(),
                                                    {.out = folder_ / "p.json", .overlays = folder_ / "boxes", .base = folder_ / "in"});
  EXPECT_EQ(summary.images, 5);
  const Json json = read_json_file(folder_ / "p.json");
  EXPECT_EQ(json["protocol"], "proposals");
  EXPECT_EQ(json["method"], "sliding-window");
  EXPECT_EQ(json["count"], 5);
  EXPECT_EQ(json["failed"].size(), 1u);
  ASSERT_EQ(json["images"].size(), 5u);
  for (const Json& image : json["images"]) {
    ASSERT_EQ(image["proposals"].size(), 5u);
    EXPECT_LE(image["proposals"][0]["box"][2], image["width"]);
  }
  EXPECT_TRUE(fs::exists(folder_ / "boxes/sub/a0.png"));
  const std::vector<fs::path> bad = {folder_ / "in/a3.png"};
  run_proposals(windows, Json::object(), bad, {.out = folder_ / "none.json"});
  EXPECT_TRUE(read_json_file(folder_ / "none.json")["images"].empty());
}

}  // namespace
}  // namespace fovea
