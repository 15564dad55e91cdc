// Files of other frameworks through opencv-dnn, described by a JSON file.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <opencv2/imgcodecs.hpp>

#include "fovea/base/error.hpp"
#include "fovea/base/json.hpp"
#include "fovea/pipelines/detection_pipeline.hpp"
#include "opencv_network.hpp"
#include "support/shared_data.hpp"
#include "support/temporary_folder.hpp"

namespace fovea {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

const std::string kFaces = "data/weights_ultraface_slim";

Json face_description(const std::string& model, bool encoded) {
  const double mean = 127 / 255.0, deviation = 128 / 255.0;
  Json json = {{"model", (test::shared_path(kFaces) / model).string()},
               {"labels", {"face"}},
               {"preprocessing",
                {{"width", 320},
                 {"height", 240},
                 {"channels", 3},
                 {"resize", "stretch"},
                 {"mean", {mean, mean, mean}},
                 {"deviation", {deviation, deviation, deviation}}}},
               {"decoder", {{"kind", "priors"}, {"encoded", encoded}}}};
  if (encoded) {
    json["description"] = (test::shared_path(kFaces) / "slim-320.prototxt").string();
    json["decoder"]["strides"] = {8, 16, 32, 64};
    json["decoder"]["sizes"] = Json::parse("[[10,16,24],[32,48],[64,96],[128,192,256]]");
  }
  return json;
}

DetectionPipeline load(const test::TemporaryFolder& folder, const Json& json) {
  return DetectionPipeline::load(folder.write("detector.json", json.dump()), {.engine = "opencv-dnn"});
}

/// Two files of the same weights, one with corners in its graph and one with offsets to priors, agree on every face.
TEST(ForeignDetector, FacesOfCaffeAndOnnxAreTheSame) {
  FOVEA_NEEDS_SHARED(kFaces);
  const test::TemporaryFolder folder;
  for (const char* name : {"1.jpg", "10.jpg"}) {
    const cv::Mat image = cv::imread((test::shared_path(kFaces) / "images" / name).string());
    auto onnx = load(folder, face_description("version-slim-320.onnx", false));
    auto caffe = load(folder, face_description("slim-320.caffemodel", true));
    const DetectionOptions options{.confidence = 0.7, .suppression = {.threshold = 0.3}};
    onnx.set_options(options);
    caffe.set_options(options);
    const Detections a = onnx.run(image), b = caffe.run(image);
    EXPECT_GE(a.size(), 3u);
    ASSERT_EQ(a.size(), b.size());
    for (std::size_t i = 0; i < a.size(); ++i) {
      EXPECT_EQ(a[i].label, "face");
      EXPECT_NEAR(a[i].score, b[i].score, 1e-3);
      EXPECT_NEAR(a[i].box.x1, b[i].box.x1, 0.5);
      EXPECT_NEAR(a[i].box.y2, b[i].box.y2, 0.5);
    }
    EXPECT_EQ(onnx.run(std::vector<cv::Mat>{image, image}), (std::vector<Detections>{a, a}));  // the file holds a network for one image
  }
}

/// Darknet's own files, decoded by a description: as the same network in a model file.
TEST(ForeignDetector, DarknetFilesAreDecodedByADescription) {
  const test::TemporaryFolder folder;
  const test::RandomDarknet random(
      "[net]\nwidth=32\nheight=24\n[convolutional]\nbatch_normalize=1\nfilters=8\nsize=3\nstride=4\npad=1\nactivation=leaky\n"
      "[convolutional]\nfilters=14\nsize=1\nstride=1\npad=1\nactivation=linear\n");
  write_darknet_config(folder / "net.cfg", random.config);
  write_darknet_weights(folder / "net.weights", random.weights, random.config);
  const Json json = {
      {"model", "net.weights"},
      {"description", "net.cfg"},
      {"labels", {"cat", "dog"}},
      {"batch", 0},
      {"preprocessing",
       {{"width", 32}, {"height", 24}, {"channels", 3}, {"resize", "stretch"}, {"mean", {0, 0, 0}}, {"deviation", {1, 1, 1}}}},
      {"decoder", {{"kind", "yolo"}, {"heads", {{{"output", "conv_1"}, {"anchors", {6, 8, 12, 10}}}}}}}};
  const DetectionPipeline pipeline = load(folder, json);
  const Tensor image = test::random_images({1, 24, 32, 3}, 3);
  const NoGradGuard no_grad;
  const auto network = random.network();
  network->eval();
  const Tensor raw = network->forward(Variable(image)).value();
  const std::vector<NamedTensor> outputs = pipeline.engine().run(image);
  ASSERT_EQ(outputs.size(), 1u);
  EXPECT_EQ(outputs[0].tensor.shape(), (Shape{1, 14, 6, 8}));
  for (std::int64_t i = 0; i < 48; ++i) EXPECT_NEAR(outputs[0].tensor.data<float>()[i], raw.data<float>()[14 * i], 1e-5);
  cv::Mat picture(24, 32, CV_8UC3, cv::Scalar(40, 90, 200));
  EXPECT_FALSE(pipeline.run(picture).empty());
}

TEST(ForeignDetector, SaysWhatIsWrongWithADescription) {
  const test::TemporaryFolder folder;
  folder.write("net.onnx", "nothing");
  const Json good = {{"model", "net.onnx"},
                     {"labels", {"a"}},
                     {"preprocessing",
                      {{"width", 8}, {"height", 8}, {"channels", 3}, {"resize", "stretch"}, {"mean", {0, 0, 0}}, {"deviation", {1, 1, 1}}}},
                     {"decoder", {{"kind", "rows"}}}};
  const auto expect = [&](const char* key, const Json& value, const char* message) {
    Json json = good;
    json[key] = value;
    EXPECT_THAT([&] { load(folder, json); }, ThrowsMessage<Error>(HasSubstr(message)));
  };
  expect("model", "net.onx", "expected a file .onnx, .caffemodel, .weights or .pb");
  expect("model", "net.caffemodel", "net.caffemodel");
  expect("modle", "x", "modle");
  expect("names", "x", "expected either labels or names");
  expect("batch", -1, "batch is -1");
  expect("decoder", {{"kind", "row"}}, "unknown decoder kind \"row\"; did you mean \"rows\"?");
  expect("decoder", {{"kind", "rows"}, {"transpose", true}}, "transposed");
  expect("decoder", {{"kind", "priors"}}, "expected strides and sizes");
  expect("decoder", {{"kind", "yolo"}}, "expected heads");
  expect("decoder", {{"kind", "yolo"}, {"heads", {{{"output", "a"}, {"anchors", {1, 2, 3}}}}}}, "anchors has 3 numbers");
  expect("decoder", {{"kind", "ssd"}}, "is not a network that OpenCV");
  const auto path = folder.write("d.json", good.dump());
  EXPECT_THAT([&] { DetectionPipeline::load(path); }, ThrowsMessage<OptionError>(HasSubstr("which only --engine opencv-dnn runs")));
}

}  // namespace
}  // namespace fovea
