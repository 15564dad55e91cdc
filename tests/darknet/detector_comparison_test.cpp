#include "fovea/pipelines/detector_comparison.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "fovea/base/error.hpp"
#include "fovea/base/file.hpp"
#include "fovea/pipelines/detection_run.hpp"
#include "fovea/pipelines/detector_catalogue.hpp"
#include "fovea/pipelines/detector_evaluation.hpp"
#include "fovea/pipelines/detector_report.hpp"
#include "fovea/pipelines/train_detector.hpp"
#include "fovea/vision/image_writer.hpp"
#include "random_detector.hpp"

namespace fovea {
namespace {

namespace fs = std::filesystem;
using test::RandomDetector;
using testing::HasSubstr;

constexpr int kImages = 6;

/// Pictures, and what the first of two random detectors finds in them as their truth.
class DetectorComparison : public testing::Test {
 protected:
  DetectorComparison() {
    for (int i = 0; i < kImages; ++i)
      save_image(folder_ / ("photos/" + std::to_string(i) + ".png"), test::picture(40 + 3 * i, 60, static_cast<std::uint64_t>(i)));
    auto pipeline = first_.load();
    pipeline.set_options(kOptions.detection);
    run_detector(pipeline, find_images(folder_ / "photos"), {.out = folder_ / "out", .base = folder_ / "photos", .overlays = false});
  }
  AnnotatedDataset data() const {
    return AnnotatedDataset("coco:" + (folder_ / "out/predictions.coco.json").string(), {.image_root = folder_ / "photos"});
  }

  inline static const ComparisonOptions kOptions{.detection = {.confidence = 0.1, .suppression = {.threshold = 0.5}}};
  RandomDetector first_, second_{"letterbox", RandomDetector::kRegion};
  test::TemporaryFolder folder_;
};

TEST_F(DetectorComparison, MeasuresEachAndNamesWhatFails) {
  folder_.write("broken.fovea", "no model");
  const std::vector<ComparedDetector> detectors = {{first_.path().string()},
                                                   {(folder_ / "broken.fovea").string()},
                                                   {first_.path().string(), "opencv-dnn"},
                                                   {second_.path().string()},
                                                   {first_.path().string(), "fastest"}};
  const std::vector<DetectorMeasurement> measured =
      compare_detectors(detectors, data(), kOptions, Threads(), [](const ComparedDetector& d) { return d.engine == "fovea" ? 10 : 20; });
  ASSERT_EQ(measured.size(), detectors.size());
  for (const std::size_t i : {0u, 2u}) {
    EXPECT_EQ(measured[i].error, "");
    EXPECT_EQ(measured[i].ap50, 1) << "it found the truth";
  }
  EXPECT_LT(measured[3].ap50, 1);
  EXPECT_THAT(measured[1].error, HasSubstr("broken.fovea"));
  EXPECT_THAT(measured[4].error, HasSubstr("unknown engine"));
  EXPECT_EQ(measured[2].peak_mib, 20);
  EXPECT_EQ(measured[1].peak_mib, 0);
  const Json json = to_json(measured);
  for (const std::size_t i : {0u, 2u, 3u}) {
    EXPECT_GT(measured[i].median_ms, 0);
    EXPECT_GE(measured[i].p95_ms, measured[i].median_ms);
    // Of the 32x24 input: 16x12 places with 8 filters of 3x3x3, 8x6 with 14 of 8.
    EXPECT_EQ(measured[i].macs, 16 * 12 * 8 * 27 + 8 * 6 * 14 * 8);
    EXPECT_EQ(measured[i].parameters, 8 * 27 + 16 + 14 * 8 + 14);
    EXPECT_EQ(json[i]["macs"], measured[i].macs);
    EXPECT_GT(json[i]["gflops"], 0);
  }
  EXPECT_TRUE(json[1].contains("error"));
  EXPECT_FALSE(json[1].contains("AP"));
  EXPECT_THAT(to_table(measured), HasSubstr("failed: "));
  const Chart chart = speed_accuracy_chart(measured);
  ASSERT_EQ(chart.series.size(), 3u);
  EXPECT_EQ(chart.series[1].points[1], cv::Point2d(measured[2].median_ms, 1));
  EXPECT_FALSE(draw_chart(chart.options, chart.series).empty());
  EXPECT_THROW(speed_accuracy_chart(std::span(measured).subspan(1, 1)), OptionError);
}

/// The numbers are those of evaluating alone, however often images are searched.
TEST_F(DetectorComparison, FindsWhatEvaluationFinds) {
  auto options = kOptions;
  options.rounds = 3;
  const std::vector<ComparedDetector> detectors = {{second_.path().string()}, {first_.path().string()}};
  const std::vector<DetectorMeasurement> measured = compare_detectors(detectors, data(), options, Threads());
  auto pipeline = DetectionPipeline::load(second_.path());
  pipeline.set_options(kOptions.detection);
  const DetectorNumbers alone = evaluate_detector(data(), detect_dataset(pipeline, data(), 2, 0).results,
                                                  {.split = "all", .model = "m", .fovea_version = "v"}, Threads());
  EXPECT_EQ(measured[0].ap, alone.json["AP"]);
  EXPECT_EQ(measured[0].ap50, alone.json["AP50"]);
  EXPECT_EQ(measured[0].peak_mib, 0) << "nobody measured it";
  options.rounds = 0;
  EXPECT_THROW(compare_detectors(detectors, data(), options, Threads()), OptionError);
}

TEST_F(DetectorComparison, KnowsTheSizeOfDetectorsTrainedHere) {
  const Json architecture = detector_architecture("center-mobile", 2, Json::object());
  TrainedDetector detector{build_detector(architecture, "test"),
                           architecture.dump(),
                           {.width = 64, .height = 32, .mean = {0, 0, 0}, .deviation = {1, 1, 1}},
                           {"cat", "dog"},
                           ""};
  detector.save(folder_ / "center.fovea");
  const std::optional<NetworkReport> report = report_detector(folder_ / "center.fovea");
  EXPECT_EQ(report->parameters, detector.network->parameter_count());
  EXPECT_EQ(report->layers.front().output, Shape({1, 16, 32, 8})) << "the first convolution has stride 2";
  std::int64_t parameters = 0;
  for (const LayerReport& layer : report->layers) parameters += layer.parameters;
  EXPECT_EQ(parameters, report->parameters) << "all heads are seen";
}

TEST_F(DetectorComparison, TakesDarknetsFilesAsTheyAre) {
  write_file(first_.folder() / "net.names", "cat\ndog\n");
  const cv::Mat image = test::picture(50, 60, 3);
  auto files = DetectionPipeline::load(first_.folder() / "net.cfg"), model = DetectionPipeline::load(first_.path());
  EXPECT_EQ(files.run(image), model.run(image));
  EXPECT_EQ(report_detector(first_.folder() / "net.cfg")->macs, report_detector(first_.path())->macs);
  EXPECT_THROW(DetectionPipeline::load(folder_ / "missing.onnx", {.engine = "opencv-dnn"}), FileError);
}

}  // namespace
}  // namespace fovea
