#include "fovea/pipelines/detection_run.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "fovea/base/file.hpp"
#include "fovea/base/json.hpp"
#include "fovea/base/text.hpp"
#include "fovea/data/detection_source.hpp"
#include "fovea/evaluation/coco_evaluation.hpp"
#include "fovea/pipelines/detector_evaluation.hpp"
#include "fovea/vision/image_writer.hpp"
#include "random_detector.hpp"

namespace fovea {
namespace {

namespace fs = std::filesystem;
using test::RandomDetector;
using test::TemporaryFolder;

constexpr int kImages = 11;
const std::vector<std::string> kResultFiles = {"predictions.jsonl", "predictions.csv", "predictions.coco.json", "failed.jsonl"};

class DetectionRun : public testing::Test {
 protected:
  DetectionRun() {
    for (int i = 0; i < kImages; ++i)
      save_image(folder_ / ("photos/" + std::to_string(i) + ".png"), test::picture(40 + 3 * i, 60 - 2 * i, static_cast<std::uint64_t>(i)));
    folder_.write("photos/3.png", "no picture");
    save_image(folder_ / "photos/deep/3.png", test::picture(64, 48, 77));
    files_ = find_images(folder_ / "photos");
    pipeline_.set_options({.confidence = 0.1, .suppression = {.threshold = 0.5}});
  }

  DetectionRunOptions options(const std::string& out) const {
    return {.out = folder_ / out,
            .base = folder_ / "photos",
            .model = detector_.path().string(),
            .engine = "fovea",
            .batch = 4,
            .workers = 1,
            .overlays = false};
  }
  std::string read(const std::string& name) const { return read_text_file(folder_ / name); }

  RandomDetector detector_;
  DetectionPipeline pipeline_ = detector_.load();
  TemporaryFolder folder_;
  std::vector<fs::path> files_;
};

TEST_F(DetectionRun, WritesOneLineForEachFile) {
  auto o = options("out");
  o.overlays = o.text = true;
  const DetectionRunSummary summary = run_detector(pipeline_, files_, o);
  EXPECT_EQ(summary.images, kImages);
  EXPECT_EQ(summary.failures, 1);
  EXPECT_EQ(summary.resumed, 0);
  std::vector<Json> lines;
  for (const std::string& line : split(read("out/predictions.jsonl"), '\n'))
    if (!line.empty()) lines.push_back(parse_json(line, "line"));
  ASSERT_EQ(lines.size(), static_cast<std::size_t>(kImages));
  std::int64_t boxes = 0;
  std::size_t next = 0;
  for (const fs::path& file : files_) {
    if (file == folder_ / "photos/3.png") continue;
    const Json& line = lines[next++];
    EXPECT_EQ(line["file"], file.string());
    const cv::Mat image = file.parent_path().filename() == "deep"
                              ? test::picture(64, 48, 77)
                              : test::picture(line["width"], line["height"], std::stoul(file.stem().string()));
    const Detections wanted = pipeline_.run(image);
    ASSERT_EQ(line["detections"].size(), wanted.size());
    for (std::size_t i = 0; i < wanted.size(); ++i) {
      EXPECT_EQ(line["detections"][i]["score"].get<float>(), wanted[i].score);
      EXPECT_EQ(line["detections"][i]["box"][2].get<float>(), wanted[i].box.x2);
      EXPECT_EQ(line["detections"][i]["label"], wanted[i].label);
    }
    boxes += std::ssize(wanted);
  }
  EXPECT_EQ(summary.detections, boxes);
  EXPECT_GT(boxes, 10);
  EXPECT_EQ(split(read("out/predictions.csv"), '\n').size(), static_cast<std::size_t>(boxes) + 2);
  EXPECT_NE(read("out/failed.jsonl").find("photos/3.png"), std::string::npos);
  for (const char* name : {"overlays/0.png", "overlays/deep/3.png", "labels/10.txt", "manifest.json"})
    EXPECT_TRUE(fs::exists(folder_ / "out" / name)) << name;
  EXPECT_FALSE(fs::exists(folder_ / "out/progress.jsonl"));
  EXPECT_EQ(parse_json(read("out/manifest.json"), "manifest")["failures"], 1);
}

TEST_F(DetectionRun, BatchesWorkersAndEnginesOfFilesDoNotMatter) {
  run_detector(pipeline_, files_, options("a"));
  auto other = options("b");
  other.batch = 1;
  other.workers = 0;
  run_detector(pipeline_, files_, other);
  for (const std::string& name : kResultFiles) EXPECT_EQ(read("a/" + name), read("b/" + name)) << name;
}

/// An interrupted run leaves its progress; whatever is cut off at its end, the run that goes on ends with the same files.
TEST_F(DetectionRun, GoesOnWhereItWasInterrupted) {
  auto o = options("whole");
  run_detector(pipeline_, files_, o);
  const std::string done = [&] {  // what the run had before it was complete: the journal of a run that cannot end
    auto blocked = options("blocked");
    fs::create_directories(folder_ / "blocked/predictions.csv/in the way");
    EXPECT_THROW(run_detector(pipeline_, files_, blocked), Error);
    return read("blocked/progress.jsonl");
  }();
  const std::size_t head = done.find('\n') + 1;
  for (const std::size_t length : {head / 2, head, head + 40, done.size() / 2, done.size() - 1, done.size()}) {
    const std::string out = "resumed" + std::to_string(length);
    folder_.write(out + "/progress.jsonl", done.substr(0, length));
    const DetectionRunSummary summary = run_detector(pipeline_, files_, options(out));
    EXPECT_EQ(summary.images, kImages);
    const auto lines = std::count(done.begin(), done.begin() + static_cast<std::ptrdiff_t>(length), '\n');
    EXPECT_EQ(summary.resumed, std::max<std::int64_t>(0, lines - 1)) << length;
    for (const std::string& name : kResultFiles) EXPECT_EQ(read(out + "/" + name), read("whole/" + name)) << name << " after " << length;
  }
  folder_.write("other/progress.jsonl", done);  // of another run: begins anew
  pipeline_.set_options({.confidence = 0.3});
  EXPECT_EQ(run_detector(pipeline_, files_, options("other")).resumed, 0);
}

TEST_F(DetectionRun, ItsCocoFileIsReadAsDetections) {
  run_detector(pipeline_, files_, options("out"));
  const DetectionDataset truth = open_detection_data("coco:" + (folder_ / "out/predictions.coco.json").string());
  EXPECT_EQ(truth.images.size(), static_cast<std::size_t>(kImages));
  EXPECT_EQ(truth.categories[1].name, "dog");
  const DetectionResults results = open_detection_results("coco:" + (folder_ / "out/predictions.coco.json").string(), truth);
  EXPECT_EQ(results.results.size(), truth.annotations.size());
  EXPECT_EQ(summarize(evaluate_coco(truth, results, {}, Threads())).AP50, 1);
}

TEST_F(DetectionRun, EvaluatesWhatItFinds) {
  run_detector(pipeline_, files_, options("out"));
  fs::copy(folder_ / "photos", folder_ / "out/photos", fs::copy_options::recursive);
  const AnnotatedDataset data("coco:" + (folder_ / "out/predictions.coco.json").string(), {.image_root = folder_ / "photos"});
  const DetectorResults found = detect_dataset(pipeline_, data, 3, 0);
  EXPECT_TRUE(found.notes.empty());
  const DetectorNumbers evaluation =
      evaluate_detector(data, found.results, {.split = "all", .model = "m", .fovea_version = "v"}, Threads());
  EXPECT_EQ(evaluation.json["AP50"], 1);
  EXPECT_EQ(evaluation.json["voc12"]["AP50"], 1);
  EXPECT_TRUE(evaluation.json["voc07"]["per_class"].contains("cat"));
  EXPECT_EQ(evaluation.json["count"], kImages);
}

}  // namespace
}  // namespace fovea
