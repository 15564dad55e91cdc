#include "fovea/pipelines/detector_catalogue.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "fovea/base/error.hpp"

namespace fovea {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

TEST(DetectorCatalogue, EveryDetectorIsBuiltFromItsDescriptionAndLearns) {
  for (const DetectorEntry& entry : detector_catalogue()) {
    SCOPED_TRACE(entry.name);
    if (entry.name == "yolov3") continue;  // 60 million parameters: the same parts as yolov3-tiny
    const Json architecture = detector_architecture(entry.name, 3, {{"width", 0.25}});
    EXPECT_EQ(architecture["classes"], 3);
    const auto detector = build_detector(architecture, "architecture");
    initialize(*detector, 1);
    const Tensor images = Tensor::full({2, 64, 96, 3}, 0.5);
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

TEST(DetectorCatalogue, DescriptionsAreComplete) {
  const Json changed = detector_architecture("yolov3-tiny", 2, Json::parse(R"({"anchors": [[[8, 9]], [[20, 30], [40, 40]]]})"));
  EXPECT_EQ(changed["anchors"], Json::parse("[[[8, 9]], [[20, 30], [40, 40]]]"));
  for (const char* key :
       {"name", "classes", "backbone", "width", "stages", "finest", "neck", "head", "head_channels", "head_layers", "depthwise"})
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
