// The network in ../shared/data/weights_yolo_fastest, imported, against OpenCV on the same input, and on coco64.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <opencv2/dnn.hpp>

#include "fovea/base/file.hpp"
#include "fovea/data/annotated_dataset.hpp"
#include "fovea/data/label_names.hpp"
#include "fovea/evaluation/coco_evaluation.hpp"
#include "fovea/interchange/darknet_config.hpp"
#include "fovea/pipelines/darknet_import.hpp"
#include "fovea/pipelines/darknet_network.hpp"
#include "fovea/pipelines/detection_pipeline.hpp"
#include "support/shared_data.hpp"
#include "support/temporary_folder.hpp"

namespace fovea {
namespace {

const char* const kFolder = "data/weights_yolo_fastest";
const char* const kCoco = "data/coco64/annotations/instances.json";

std::filesystem::path imported(const test::TemporaryFolder& folder) {
  const auto source = test::shared_path(kFolder);
  import_darknet(
      {.config = source / "yolo-fastest.cfg", .weights = source / "yolo-fastest.weights", .names = read_label_names(source / "coco.names")},
      folder / "yolo.fovea");
  return folder / "yolo.fovea";
}

double difference(const Tensor& a, const Tensor& b) {
  EXPECT_EQ(a.shape(), b.shape());
  double largest = 0;
  for (std::int64_t i = 0; i < a.numel(); ++i) largest = std::max(largest, std::abs(double{a.data<float>()[i]} - b.data<float>()[i]));
  return largest;
}

/// The network in double precision: what both engines round.
std::vector<Tensor> exact_outputs(DarknetNetwork& network, const Tensor& batch) {
  const NoGradGuard no_grad;
  std::vector<Tensor> outputs;
  for (const NamedVariable& output : network.outputs(Variable(batch.to(DType::f64))))
    outputs.push_back(output.value.value().to(DType::f32));
  return outputs;
}

TEST(YoloFastest, EveryOutputIsOpenCvs) {
  FOVEA_NEEDS_SHARED(kFolder);
  FOVEA_NEEDS_SHARED(kCoco);
  const test::TemporaryFolder folder;
  const auto path = imported(folder);
  const auto ours = DetectionPipeline::load(path), theirs = DetectionPipeline::load(path, {.engine = "opencv-dnn"});
  const auto exact = load_darknet_network(load_model_file(path), path.string());
  exact->to(DType::f64);
  const AnnotatedDataset data("coco:" + test::shared_path(kCoco).string());
  double apart = 0, our_error = 0, their_error = 0;
  constexpr std::int64_t kExact = 6;  // images in double precision, which takes longer
  for (std::int64_t i = 0; i < data.size(); ++i) {
    const cv::Mat image = data.get(i).image;
    const Tensor batch = ours.preprocessing().batch(std::span(&image, 1));
    const auto a = ours.engine().run(batch), b = theirs.engine().run(batch);
    const auto c = i < kExact ? exact_outputs(*exact, batch) : std::vector<Tensor>();
    ASSERT_EQ(a.size(), 2u);
    ASSERT_EQ(b.size(), 2u);
    for (std::size_t k = 0; k < a.size(); ++k) {
      EXPECT_EQ(a[k].name, b[k].name);
      apart = std::max(apart, difference(a[k].tensor, b[k].tensor));
      if (c.empty()) continue;
      our_error = std::max(our_error, difference(a[k].tensor, c[k]));
      their_error = std::max(their_error, difference(b[k].tensor, c[k]));
    }
  }
  std::printf("raw outputs: engines differ by %.3g; from double precision fovea by %.3g, OpenCV by %.3g\n", apart, our_error, their_error);
  EXPECT_LE(apart, 1e-4);
}

/// The decoder against OpenCV's own: its yolo layers give centre, size, object and class scores, those up to 0.2 set to 0.
TEST(YoloFastest, DecodedBoxesAreOpenCvs) {
  FOVEA_NEEDS_SHARED(kFolder);
  FOVEA_NEEDS_SHARED(kCoco);
  const auto source = test::shared_path(kFolder);
  cv::dnn::Net net = cv::dnn::readNetFromDarknet((source / "yolo-fastest.cfg").string(), (source / "yolo-fastest.weights").string());
  const test::TemporaryFolder folder;
  auto ours = DetectionPipeline::load(imported(folder));
  ours.set_options({.confidence = 0.2001, .suppression = {.threshold = 1, .max_boxes = 100000}});
  const AnnotatedDataset data("coco:" + test::shared_path(kCoco).string());
  std::size_t boxes = 0;
  for (std::int64_t i = 0; i < 8; ++i) {
    const cv::Mat image = data.get(i).image;
    Tensor batch = ours.preprocessing().batch(std::span(&image, 1));
    cv::Mat blob = cv::dnn::blobFromImage(ours.preprocessing().to_image(batch, 0), 1 / 255.0, {}, {}, true);
    net.setInput(blob);
    std::vector<cv::Mat> outputs;
    net.forward(outputs, net.getUnconnectedOutLayersNames());
    Detections wanted;
    for (const cv::Mat& rows : outputs)
      for (int r = 0; r < rows.rows; ++r)
        for (int c = 5; c < rows.cols; ++c) {
          const float* v = rows.ptr<float>(r);
          if (v[c] < 0.2001F) continue;
          const float w = static_cast<float>(image.cols), h = static_cast<float>(image.rows);
          wanted.push_back({.box = clip({(v[0] - v[2] / 2) * w, (v[1] - v[3] / 2) * h, (v[0] + v[2] / 2) * w, (v[1] + v[3] / 2) * h}, w, h),
                            .score = v[c],
                            .index = c - 5});
        }
    std::stable_sort(wanted.begin(), wanted.end(), [](const Detection& a, const Detection& b) { return a.score > b.score; });
    const Detections found = ours.run(image);
    ASSERT_EQ(found.size(), wanted.size()) << i;
    for (std::size_t k = 0; k < found.size(); ++k) {
      EXPECT_EQ(found[k].index, wanted[k].index);
      EXPECT_NEAR(found[k].score, wanted[k].score, 1e-4);
      EXPECT_NEAR(found[k].box.x1, wanted[k].box.x1, 0.05);
      EXPECT_NEAR(found[k].box.y2, wanted[k].box.y2, 0.05);
    }
    boxes += found.size();
  }
  EXPECT_GT(boxes, 20u);
}

double ap50(const DetectionPipeline& pipeline, const AnnotatedDataset& data) {
  std::map<std::string, std::int32_t> categories;
  for (const std::string& name : data.names()) categories.emplace(name, static_cast<std::int32_t>(categories.size()));
  DetectionResults results;
  for (std::int64_t i = 0; i < data.size(); ++i)
    for (const Detection& d : pipeline.run(data.get(i).image))
      if (const auto category = categories.find(d.label); category != categories.end())
        results.results.push_back(
            {.image = static_cast<std::int32_t>(i),
             .category = category->second,
             .box = {.x = d.box.x1, .y = d.box.y1, .width = double{d.box.x2} - d.box.x1, .height = double{d.box.y2} - d.box.y1},
             .score = d.score});
  const CocoEvaluation evaluation = evaluate_coco(data.data(), results, {}, Threads());
  return summarize(evaluation).AP50;
}

TEST(YoloFastest, ReachesTheSameAp50AsOpenCvOnCoco64) {
  FOVEA_NEEDS_SHARED(kFolder);
  FOVEA_NEEDS_SHARED(kCoco);
  const test::TemporaryFolder folder;
  const auto path = imported(folder);
  const AnnotatedDataset data("coco:" + test::shared_path(kCoco).string());
  double numbers[2];
  for (int i = 0; i < 2; ++i) {
    auto pipeline = DetectionPipeline::load(path, {.engine = i == 0 ? "fovea" : "opencv-dnn"});
    pipeline.set_options({.confidence = 0.005, .suppression = {.threshold = 0.45, .max_boxes = 300}});
    numbers[i] = ap50(pipeline, data);
  }
  std::printf("AP50 on coco64: fovea %.6f, opencv-dnn %.6f\n", numbers[0], numbers[1]);
  EXPECT_NEAR(numbers[0], numbers[1], 0.002);
  EXPECT_GT(numbers[0], 0.2);
}

TEST(YoloFastest, GoesBackToDarknetWithTheSameBytes) {
  FOVEA_NEEDS_SHARED(kFolder);
  const test::TemporaryFolder folder;
  export_darknet(imported(folder), folder / "back.cfg", folder / "back.weights");
  const auto source = test::shared_path(kFolder);
  EXPECT_EQ(read_darknet_config(folder / "back.cfg"), read_darknet_config(source / "yolo-fastest.cfg"));
  EXPECT_EQ(read_file(folder / "back.weights"), read_file(source / "yolo-fastest.weights"));
}

}  // namespace
}  // namespace fovea
