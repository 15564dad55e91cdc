#include "fovea/pipelines/train_detector.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "fovea/base/error.hpp"
#include "fovea/base/json.hpp"
#include "fovea/pipelines/detection_pipeline.hpp"
#include "fovea/vision/image_loader.hpp"
#include "square_training.hpp"

namespace fovea {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::ThrowsMessage;

using TrainDetector = test::SquareTraining;

std::vector<float> all_weights(const TrainedDetector& detector) {
  std::vector<float> values;
  for (const StateEntry& entry : detector.network->state_dict())
    if (entry.tensor.dtype() == DType::f32)
      for (const float value : entry.tensor.to_vector<float>()) values.push_back(value);
  return values;
}

TEST_F(TrainDetector, ItsModelIsADetectionPipeline) {
  const TrainResult result = train("run");
  DetectionPipeline pipeline = DetectionPipeline::load(result.best);
  EXPECT_THAT(pipeline.labels(), ElementsAre("bright", "dark"));
  pipeline.set_options({.confidence = 0});  // after two epochs it is sure of nothing
  const cv::Mat picture = load_image(folder_ / "val0.png"), other(200, 90, CV_8UC3, cv::Scalar(90, 120, 30));
  const std::vector<cv::Mat> pictures = {other, picture};
  const Detections alone = pipeline.run(picture), among = pipeline.run(pictures).back();
  EXPECT_EQ(alone, among) << "whatever else is in the batch";
  const TrainedDetector detector = TrainedDetector::load(result.best);
  const Detections candidates = detector.network->predict(detector.preprocessing.batch(std::span(&picture, 1)), 0).front();
  const Detections expected = post_process(candidates, *detector.preprocessing.geometry(picture.size()), {.smallest_score = 0});
  ASSERT_FALSE(expected.empty());
  ASSERT_EQ(alone.size(), expected.size());
  for (std::size_t i = 0; i < alone.size(); ++i) {
    EXPECT_EQ(alone[i].box, expected[i].box);
    EXPECT_EQ(alone[i].score, expected[i].score);
    EXPECT_EQ(alone[i].label, pipeline.labels()[static_cast<std::size_t>(expected[i].index)]);
  }
  EXPECT_THAT([&] { DetectionPipeline::load(result.best, {.engine = "opencv-dnn"}); },
              ThrowsMessage<OptionError>(HasSubstr("a detector of fovea's own")));
}

TEST_F(TrainDetector, LeavesARunFolderWhoseModelRuns) {
  const TrainResult result = train("run");
  EXPECT_EQ(result.metric, "ema_val_AP50");
  EXPECT_EQ(result.summary.epochs, 2);
  for (const char* file : {"recipe.json", "results.csv", "log.jsonl", "weights/best.fovea", "weights/last.fovea",
                           "plots/learning_curves.png", "plots/updates.svg", "plots/batch.png", "validation.json", "report.html",
                           "plots/precision_recall.png", "plots/precision_recall.svg", "plots/confusion_matrix.png", "plots/found.png"})
    EXPECT_TRUE(fs::exists(folder_ / "run" / file)) << file;
  std::ifstream csv(folder_ / "run/results.csv");
  std::string header;
  std::getline(csv, header);
  for (const char* column : {"val_loss", "val_box_loss", "val_object_loss", "val_class_loss", "val_AP,", "val_AP50,", "ema_val_AP50_voc12"})
    EXPECT_THAT(header, HasSubstr(column));
  EXPECT_THAT(log_, HasSubstr("center-tiny"));
  EXPECT_THAT(log_, HasSubstr("16 images; bright"));
  const TrainedDetector detector = TrainedDetector::load(result.best);
  EXPECT_THAT(detector.labels, ElementsAre("bright", "dark"));
  EXPECT_EQ(detector.preprocessing.width, 96);
  EXPECT_FALSE(detector.network->is_training());
  const cv::Mat picture(100, 200, CV_8UC3, cv::Scalar(1, 2, 3));
  EXPECT_EQ(detector.network->predict(detector.preprocessing.batch(std::span(&picture, 1)), 0).size(), 1u);
  EXPECT_EQ(parse_json(detector.training, "training")["epochs"], 2);
  detector.save(folder_ / "again.fovea");
  EXPECT_EQ(all_weights(TrainedDetector::load(folder_ / "again.fovea")), all_weights(detector));
  EXPECT_THAT([&] { train("run"); }, ThrowsMessage<FileError>(HasSubstr("holds the weights of an earlier run")));
}

TEST_F(TrainDetector, EqualRecipesGiveEqualWeights) {
  train("one", 0);
  train("two", 3);
  EXPECT_EQ(all_weights(TrainedDetector::load(folder_ / "one/weights/last.fovea")),
            all_weights(TrainedDetector::load(folder_ / "two/weights/last.fovea")));
  recipe_ = DetectorRecipe::from_json(read_json_file(folder_ / "one/recipe.json"), "recipe.json");
  train("three");
  EXPECT_EQ(all_weights(TrainedDetector::load(folder_ / "one/weights/last.fovea")),
            all_weights(TrainedDetector::load(folder_ / "three/weights/last.fovea")));
}

TEST_F(TrainDetector, MistakesAreNamed) {
  const auto refused = [&](auto change, const char* message) {
    const DetectorRecipe before = recipe_;
    change(recipe_);
    EXPECT_THAT([&] { train("refused"); }, ThrowsMessage<Error>(HasSubstr(message)));
    recipe_ = before;
  };
  refused([](DetectorRecipe& r) { r.training.label_smoothing = 0.1; }, "\"label_smoothing\" does not apply to detectors");
  refused([](DetectorRecipe& r) { r.training.augment = {"mixup"}; }, "\"mixup\" does not apply to detectors");
  refused([](DetectorRecipe& r) { r.training.model = "center-tin"; }, "did you mean \"center-tiny\"");
  refused([](DetectorRecipe& r) { r.training.metric = "val_top1"; }, "val_top1");
  refused([](DetectorRecipe& r) { r.val_data = ""; }, "has no splits: say \"val_data\" too");
  refused([](DetectorRecipe& r) { r.training.data = ""; }, "no data given");
  refused([](DetectorRecipe& r) { r.mosaic = 2; }, "mosaic is in [0, 1], found 2");
  EXPECT_FALSE(fs::exists(folder_ / "refused/weights")) << "nothing is left behind";
  EXPECT_THAT(
      [] {
        DetectorRecipe::from_json(Json{{"mosiac", 1}}, "recipe.json");
      },
      ThrowsMessage<OptionError>(HasSubstr("did you mean \"mosaic\"")));
}

}  // namespace
}  // namespace fovea
