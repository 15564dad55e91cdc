// The detector that is shipped, on scenes made here of garments and photographs that its training has not seen.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "fovea/base/json.hpp"
#include "fovea/data/label_names.hpp"
#include "fovea/pipelines/detection_pipeline.hpp"
#include "fovea/pipelines/detector_catalogue.hpp"
#include "fovea/pipelines/detector_evaluation.hpp"
#include "fovea/pipelines/detector_recipe.hpp"
#include "fovea/pipelines/scene_set.hpp"
#include "fovea/pipelines/train_detector.hpp"
#include "support/temporary_folder.hpp"

namespace fovea {
namespace {

using testing::HasSubstr;

constexpr const char *kModel = FOVEA_DATA "/models/scenes_center_tiny.fovea", *kRecipe = FOVEA_DATA "/recipes/scenes_center_tiny.json",
                     *kNames = FOVEA_DATA "/labels/fashion_mnist.txt";

TEST(ScenesDetector, IsWhatItsRecipeSays) {
  EXPECT_LE(std::filesystem::file_size(kModel), 4'000'000u);
  const TrainedDetector detector = TrainedDetector::load(kModel);
  const ClassifierRecipe recipe = DetectorRecipe::from_json(read_json_file(kRecipe), kRecipe).training;
  const Json stored = parse_json(detector.architecture, kModel),
             wanted = detector_architecture(recipe.model, std::ssize(detector.labels), parse_json(recipe.model_options, kRecipe));
  for (const auto& [key, value] : stored.items())  // keys that came later have their defaults
    EXPECT_EQ(value, wanted.at(key)) << key;
  const ImageSize size = parse_image_size(recipe.image_size);
  EXPECT_EQ(detector.preprocessing.width, size.width);
  EXPECT_EQ(detector.preprocessing.height, size.height);
  EXPECT_EQ(detector.labels, read_label_names(kNames));
  EXPECT_EQ(parse_json(detector.training, kModel)["data"], recipe.data);
}

TEST(ScenesDetector, FindsGarmentsInNewScenes) {
  SceneSetOptions scenes{.names = kNames, .split = "test", .count = 20, .seed = 5};
  if (!std::filesystem::exists(scenes.objects.substr(4))) GTEST_SKIP() << "Debian's dataset-fashion-mnist is not installed";
  if (!std::filesystem::exists(scenes.backgrounds)) GTEST_SKIP() << "Debian's opencv-doc is not installed";
  const test::TemporaryFolder folder;
  scenes.out = folder / "scenes";
  const SceneSetSummary made = write_scene_set(scenes, Threads());
  EXPECT_GT(made.objects, 40);
  DetectionPipeline detector = DetectionPipeline::load(kModel);
  detector.set_options({.confidence = 0.001});
  const AnnotatedDataset data("coco:" + made.annotations.string(), {.split = "all", .names = {}, .image_root = {}});
  const DetectorNumbers numbers = evaluate_detector(data, detect_dataset(detector, data).results, {}, Threads());
  EXPECT_GE(numbers.json["voc12"]["AP50"], 0.65);
  EXPECT_GT(numbers.json["AP"], 0.5);
  EXPECT_THAT(numbers.table, HasSubstr("mean AP (VOC 2012, AP@.50, all-point)"));
}

}  // namespace
}  // namespace fovea
