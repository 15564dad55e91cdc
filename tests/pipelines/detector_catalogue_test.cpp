#include "fovea/pipelines/detector_catalogue.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "fovea/base/error.hpp"
#include "fovea/base/random.hpp"
#include "fovea/training/adamw.hpp"

namespace fovea {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

TEST(DetectorCatalogue, EveryDetectorIsBuiltFromItsDescriptionAndLearns) {
  for (const DetectorEntry& entry : detector_catalogue()) {
    SCOPED_TRACE(entry.name);
    // 60 and 50 million parameters: yolov3 has the same parts as yolov3-tiny; yolov2's neck has a test of its own.
    if (entry.name == "yolov3" || entry.name == "yolov2") continue;
    const Json architecture = detector_architecture(entry.name, 3, {{"width", 0.25}});
    EXPECT_EQ(architecture["classes"], 3);
    const auto detector = build_detector(architecture, "architecture");
    initialize(*detector, 1);
    const Tensor images = Tensor::full(entry.name == "ssd300" ? Shape{2, 300, 300, 3} : Shape{2, 64, 96, 3}, 0.5);
    const std::vector<DetectionTargets> targets{{{{10, 10, 50, 40}}, {2}}, {}};
    const Variable loss = total_loss(detector->loss(Variable(images), targets));
    backward(loss);
    EXPECT_TRUE(std::isfinite(loss.item()));
    std::int64_t without_gradient = 0;
    for (const NamedParameter& parameter : detector->parameters()) without_gradient += parameter.variable.grad().defined() ? 0 : 1;
    EXPECT_EQ(without_gradient, 0) << "no parameter lies idle";
    EXPECT_EQ(detector->predict(images, 0).size(), 2u);
  }
}

/// Twelve images of 64 x 64 with one bright or dark square each.
struct Scenes {
  Tensor images = Tensor::zeros({12, 64, 64, 3});
  std::vector<DetectionTargets> targets;

  Scenes() {
    RandomStream stream(7);
    float* const pixels = images.mutable_data<float>();
    for (std::int64_t i = 0; i < 12; ++i) {
      const auto side = 16 + static_cast<std::int64_t>(stream.below(20)), label = static_cast<std::int64_t>(stream.below(2));
      const auto room = static_cast<std::uint64_t>(64 - side);
      const auto x = static_cast<std::int64_t>(stream.below(room)), y = static_cast<std::int64_t>(stream.below(room));
      for (std::int64_t row = y; row < y + side; ++row)
        std::fill_n(pixels + ((i * 64 + row) * 64 + x) * 3, side * 3, label == 0 ? 1.0f : -1.0f);
      const auto at = [](std::int64_t place) { return static_cast<float>(place); };
      targets.push_back({{{at(x), at(y), at(x + side), at(y + side)}}, {label}});
    }
  }
};

TEST(DetectorCatalogue, RetinaNetSsdAndYoloV2LearnSmallScenes) {
  const Scenes scenes;
  const std::pair<const char*, const char*> small[] = {
      {"retinanet-tiny", R"({"neck": 24, "extra_levels": 1, "head_channels": 24, "head_layers": 1})"},
      {"ssdlite", R"({"width": 0.25, "neck": 32, "extra_levels": 1,
                      "anchors": [[[20, 20], [28, 28]], [[32, 32], [38, 38]], [[50, 50], [60, 60]]]})"},
      {"yolov2-tiny", R"({"width": 0.5, "head_channels": 48, "head_layers": 1, "anchors": [[[20, 20], [30, 30]]]})"},
      {"yolov2-tiny", R"({"width": 0.5, "finest": 16, "neck_kind": "passthrough", "neck": 64, "head_channels": 48, "head_layers": 1,
                          "anchors": [[[20, 20], [30, 30]]]})"},
  };
  for (const auto& [name, options] : small) {
    SCOPED_TRACE(std::string(name) + options);
    const auto detector = build_detector(detector_architecture(name, 2, Json::parse(options)), "architecture");
    initialize(*detector, 1);
    AdamW optimizer(detector->parameters());
    double first = 0, last = 0;
    for (int step = 0; step < 80; ++step) {
      const Variable loss = total_loss(detector->loss(Variable(scenes.images), scenes.targets));
      (step == 0 ? first : last) = loss.item();
      backward(loss);
      optimizer.step(0.005);
      optimizer.clear_grad();
    }
    EXPECT_LT(last, 0.3 * first);
    const std::vector<Detections> found = detector->predict(scenes.images, 0.01);
    int right = 0;  // images whose surest box is the square
    for (std::size_t i = 0; i < found.size(); ++i) {
      const auto best = std::max_element(found[i].begin(), found[i].end(), [](const auto& a, const auto& b) { return a.score < b.score; });
      right += best != found[i].end() && best->index == scenes.targets[i].labels[0] && iou(best->box, scenes.targets[i].boxes[0]) > 0.5;
    }
    EXPECT_GE(right, 10) << "of 12";
  }
}

TEST(DetectorCatalogue, DescriptionsAreComplete) {
  const Json changed = detector_architecture("yolov3-tiny", 2, Json::parse(R"({"anchors": [[[8, 9]], [[20, 30], [40, 40]]]})"));
  EXPECT_EQ(changed["anchors"], Json::parse("[[[8, 9]], [[20, 30], [40, 40]]]"));
  for (const char* key : {"name", "classes", "backbone", "width", "stages", "finest", "neck", "neck_kind", "extra_levels", "head",
                          "head_channels", "head_layers", "depthwise"})
    EXPECT_TRUE(changed.contains(key)) << key;
  const auto detector = build_detector(changed, "architecture");
  const std::vector<Variable> predictions = detector->forward(Variable(Tensor::zeros({1, 64, 64, 3})));
  ASSERT_EQ(predictions.size(), 2u);
  EXPECT_EQ(predictions[0].shape(), (Shape{1, 4, 4, 7})) << "one anchor, two classes, stride 16";
  EXPECT_EQ(predictions[1].shape(), (Shape{1, 2, 2, 14}));
}

TEST(DetectorCatalogue, ABackboneOfFewerStagesHasNoCoarseMap) {
  const Json architecture = detector_architecture("center-tiny", 2, {{"stages", 5}});
  const std::vector<Variable> predictions = build_detector(architecture, "x")->forward(Variable(Tensor::zeros({1, 64, 96, 3})));
  ASSERT_EQ(predictions.size(), 2u);
  EXPECT_EQ(predictions[0].shape(), (Shape{1, 8, 12, 7}));
  EXPECT_EQ(predictions[1].shape(), (Shape{1, 4, 6, 7}));
  Json of_an_older_file = detector_architecture("center-tiny", 2, Json::object());
  of_an_older_file.erase("stages");
  EXPECT_EQ(build_detector(of_an_older_file, "x")->forward(Variable(Tensor::zeros({1, 64, 96, 3}))).size(), 3u);
}

TEST(DetectorCatalogue, MistakesAreNamed) {
  EXPECT_THAT([] { require_detector("yolov3-tin"); }, ThrowsMessage<OptionError>(HasSubstr("did you mean \"yolov3-tiny\"")));
  EXPECT_THAT([] { detector_architecture("yolov3-tiny", 2, {{"widht", 1}}); }, ThrowsMessage<OptionError>(HasSubstr("width")));
  EXPECT_THAT(
      [] {
        detector_architecture("yolov3-tiny", 2, {{"classes", 1}});
      },
      ThrowsMessage<OptionError>(HasSubstr("follows from the data")));
  EXPECT_THAT([] { detector_architecture("yolov3-tiny", 2, Json::parse(R"({"anchors": [[8, 9]]})")); },
              ThrowsMessage<OptionError>(HasSubstr("lists of [width, height]")));
  EXPECT_THAT([] { detector_architecture("yolov3-tiny", 2, Json::parse(R"({"anchors": [[[8, 0]]]})")); },
              ThrowsMessage<OptionError>(HasSubstr("sides are more than 0, found 8 x 0")));
  EXPECT_THAT(
      [] {
        build_detector(detector_architecture("center-tiny", 2, {{"head", "centre"}}), "x");
      },
      ThrowsMessage<OptionError>(HasSubstr("did you mean \"center\"")));
  EXPECT_THAT(
      [] {
        build_detector(detector_architecture("center-tiny", 2, {{"neck_kind", "pyramids"}}), "x");
      },
      ThrowsMessage<OptionError>(HasSubstr("did you mean \"pyramid\"")));
  EXPECT_THAT(
      [] {
        build_detector(detector_architecture("center-tiny", 2, {{"backbone", "resnet5"}}), "x");
      },
      ThrowsMessage<OptionError>(HasSubstr("did you mean \"resnet50\"")));
  EXPECT_THAT(
      [] {
        build_detector(detector_architecture("center-tiny", 2, {{"finest", 64}}), "x");
      },
      ThrowsMessage<OptionError>(HasSubstr("no map with a stride of 64 or more")));
  EXPECT_THAT(
      [] {
        build_detector(detector_architecture("center-tiny", 2, {{"stages", 7}}), "x");
      },
      ThrowsMessage<OptionError>(HasSubstr("expected 1 to 6 stages, found 7")));
}

}  // namespace
}  // namespace fovea
