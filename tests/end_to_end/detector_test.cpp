// Detectors imported, run, measured and exported, as a person does it. Weights and pictures of ../shared.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <opencv2/videoio.hpp>

#include "command.hpp"
#include "fovea/base/json.hpp"
#include "json_lines.hpp"
#include "support/shared_data.hpp"

namespace fovea {
namespace {

namespace fs = std::filesystem;
using test::CommandResult;
using test::fovea_command;
using test::shared_path;
using testing::HasSubstr;

class Detector : public testing::Test {
 protected:
  void SetUp() override {
    FOVEA_NEEDS_SHARED("data/weights_yolo_fastest");
    FOVEA_NEEDS_SHARED("data/coco64");
    const CommandResult result =
        run({"import", "--darknet", (source_ / "yolo-fastest.cfg").string(), (source_ / "yolo-fastest.weights").string(), "--names",
             (source_ / "coco.names").string(), "--out", "yolo.fovea"});
    ASSERT_EQ(result.code, 0) << result.err;
    EXPECT_THAT(result.err, HasSubstr("126 layers"));
    std::string list;
    int count = 0;
    for (const auto& entry : fs::recursive_directory_iterator(shared_path("data/coco64")))
      if (entry.path().extension() == ".jpg" && count++ < 4) list += fs::canonical(entry.path()).string() + "\n";
    folder_.write("list.txt", list);
  }
  CommandResult run(const std::vector<std::string>& words) const { return fovea_command(words, folder_.path()); }

  fs::path source_ = fs::absolute(shared_path("data/weights_yolo_fastest"));
  test::TemporaryFolder folder_;
};

TEST_F(Detector, FindsObjectsInAList) {
  const CommandResult result =
      run({"predict", "--model", "yolo.fovea", "--images", "list.txt", "--out", "out", "--save-txt", "--json", "-"});
  ASSERT_EQ(result.code, 0) << result.err;
  EXPECT_EQ(parse_json(result.out, "stdout")["count"], 4);
  const std::vector<Json> lines = test::read_json_lines(folder_ / "out/predictions.jsonl");
  ASSERT_EQ(lines.size(), 4u);
  std::size_t boxes = 0;
  for (const Json& line : lines) boxes += line["detections"].size();
  EXPECT_GT(boxes, 0u);
  for (const char* name : {"predictions.csv", "predictions.coco.json", "failed.jsonl", "manifest.json"})
    EXPECT_TRUE(fs::exists(folder_ / "out" / name)) << name;
  const auto pictures =
      std::count_if(fs::recursive_directory_iterator(folder_ / "out/overlays"), {}, [](const auto& e) { return e.is_regular_file(); });
  EXPECT_EQ(pictures, 4);
}

TEST_F(Detector, BothEnginesMeasureTheSame) {
  std::vector<Json> numbers;
  for (const char* engine : {"fovea", "opencv-dnn"}) {
    const CommandResult result = run({"evaluate", "--model", "yolo.fovea", "--data",
                                      "coco:" + fs::absolute(shared_path("data/coco64/annotations/instances.json")).string(), "--conf",
                                      "0.005", "--engine", engine, "--json", "-"});
    ASSERT_EQ(result.code, 0) << result.err;
    numbers.push_back(parse_json(result.out, "stdout"));
  }
  for (const char* key : {"AP", "AP50", "AP75", "AR100"})
    EXPECT_NEAR(numbers[0][key].get<double>(), numbers[1][key].get<double>(), 0.002) << key;
  EXPECT_GT(numbers[0]["AP50"], 0.3);
  EXPECT_GT(numbers[0]["voc12"]["AP50"], 0.3);
}

TEST_F(Detector, IsComparedWithOthersEachInItsRow) {
  folder_.write("broken.fovea", "no model");
  const std::string data = "coco:" + fs::absolute(shared_path("data/coco64/annotations/instances.json")).string();
  const CommandResult result = run({"benchmark", "--models", "yolo.fovea,broken.fovea", "--engine", "fovea,opencv-dnn", "--data", data,
                                    "--conf", "0.005", "--plots", "plots", "--json", "-"});
  ASSERT_EQ(result.code, 1) << result.err;
  const Json json = parse_json(result.out, "stdout");
  EXPECT_EQ(json["count"], 64);
  ASSERT_EQ(json["models"].size(), 4u);
  for (const std::size_t i : {0u, 1u}) {
    const Json& row = json["models"][i];
    EXPECT_GT(row["AP50"], 0.3);
    EXPECT_EQ(row["parameters"], 342950);
    EXPECT_GT(row["peak_mib"], 10);
    EXPECT_GE(row["p95_ms"], row["median_ms"]);
    EXPECT_THAT(json["models"][i + 2]["error"].get<std::string>(), HasSubstr("broken.fovea"));
  }
  EXPECT_NE(json["models"][0]["peak_mib"], json["models"][1]["peak_mib"]) << "each has a process of its own";
  for (const char* name : {"plots/speed_accuracy.png", "plots/speed_accuracy.svg"}) EXPECT_TRUE(fs::exists(folder_ / name)) << name;
  EXPECT_EQ(run({"benchmark", "--models", "broken.fovea", "--data", data}).code, 2);
  EXPECT_THAT(run({"benchmark", "--models", "yolo.fovea"}).err, HasSubstr("--models wants --data"));
  EXPECT_THAT(run({"benchmark", "--op", "matmul", "--conf", "0.5"}).err, HasSubstr("--conf applies to detectors"));
}

TEST_F(Detector, SearchesTilesAndVideos) {
  const CommandResult tiled =
      run({"predict", "--model", "yolo.fovea", "--images", "list.txt", "--out", "tiles", "--tile", "320x240", "--tile-overlap", "0.3"});
  EXPECT_EQ(tiled.code, 0) << tiled.err;
  EXPECT_EQ(read_json_file(folder_ / "tiles/manifest.json")["tile"], Json({320, 240}));

  cv::VideoWriter writer((folder_ / "clip.avi").string(), cv::CAP_OPENCV_MJPEG, cv::VideoWriter::fourcc('M', 'J', 'P', 'G'), 10, {128, 96});
  for (int i = 0; i < 20; ++i) writer.write(cv::Mat(96, 128, CV_8UC3, cv::Scalar::all(10 * i)));
  writer.release();
  const std::string whole = read_text_file(folder_ / "clip.avi");
  folder_.write("cut.avi", whole.substr(0, whole.size() / 2));
  const CommandResult video = run({"predict", "--model", "yolo.fovea", "--images", "clip.avi", "--out", "clip", "--json", "-"});
  EXPECT_EQ(video.code, 0) << video.err;
  EXPECT_EQ(parse_json(video.out, "stdout")["count"], 20);
  EXPECT_TRUE(fs::exists(folder_ / "clip/overlays/clip.avi"));
  EXPECT_EQ(run({"predict", "--model", "yolo.fovea", "--images", "cut.avi", "--out", "cut"}).code, 1);
  EXPECT_THAT(read_text_file(folder_ / "cut/failed.jsonl"), HasSubstr("of 20 that it announces"));
}

TEST_F(Detector, GoesBackToDarknetAndIsInspected) {
  EXPECT_EQ(run({"export", "--model", "yolo.fovea", "--darknet", "back.cfg", "back.weights"}).code, 0);
  EXPECT_EQ(read_file(folder_ / "back.weights"), read_file(source_ / "yolo-fastest.weights"));
  const CommandResult result = run({"inspect", "yolo.fovea"});
  EXPECT_EQ(result.code, 0) << result.err;
  EXPECT_THAT(result.out, testing::AllOf(HasSubstr("layers.0.conv "), HasSubstr("layers.0.norm "), HasSubstr("layers.124.conv ")));
}

TEST_F(Detector, SaysWhatDoesNotFit) {
  const std::vector<std::string> predict = {"predict", "--model", "yolo.fovea", "--images", "list.txt", "--out", "out"};
  const auto expect = [&](std::vector<std::string> more, const char* message) {
    more.insert(more.begin(), predict.begin(), predict.end());
    const CommandResult result = run(more);
    EXPECT_EQ(result.code, 2);
    EXPECT_THAT(result.err, HasSubstr(message));
  };
  expect({"--top", "3"}, "--top applies to classifiers");
  expect({"--classes", "persn"}, "did you mean \"person\"?");
  expect({"--engine", "onnxruntime"}, "unknown engine");
  expect({"--conf", "1.5"}, "--conf");
  expect({"--tile", "wide"}, "wide");
  expect({"--tile-overlap", "0.3"}, "--tile-overlap wants --tile");
  expect({"--frames", "3"}, "--frames applies to videos");
  EXPECT_THAT(run({"predict", "--model", "yolo.fovea", "--images", "camera:97", "--out", "out"}).err, HasSubstr("no such camera"));
  const CommandResult cut =
      run({"import", "--darknet", (source_ / "yolo-fastest.cfg").string(), (source_ / "yolo-fastest.cfg").string(), "--out", "x"});
  EXPECT_EQ(cut.code, 2);
  EXPECT_EQ(run({"import", "--out", "x"}).code, 2);
  EXPECT_EQ(run({"export", "--model", "yolo.fovea"}).code, 2);
}

}  // namespace
}  // namespace fovea
