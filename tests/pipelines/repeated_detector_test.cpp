// Several seeds of a detector; early ends; what the run folder says of the best weights.
#include <gmock/gmock.h>

#include <cmath>
#include <nlohmann/json.hpp>
#include <opencv2/core.hpp>

#include "fovea/base/error.hpp"
#include "fovea/pipelines/detection_pipeline.hpp"
#include "fovea/pipelines/detector_evaluation.hpp"
#include "fovea/pipelines/repeated_training.hpp"
#include "fovea/pipelines/run_history.hpp"
#include "fovea/vision/image_loader.hpp"
#include "messages.hpp"
#include "square_training.hpp"

namespace fovea {
namespace {

namespace fs = std::filesystem;
using test::message_of;
using testing::HasSubstr;
using RepeatedDetector = test::SquareTraining;

TEST_F(RepeatedDetector, SeedsGiveMeanAndDeviation) {
  recipe_.training.metric = "val_loss";
  const Json summary = train_repeatedly(with_seeds(recipe_, {1, 4}), environment("runs"));
  ASSERT_EQ(summary["runs"].size(), 2U);
  EXPECT_EQ(summary["runs"][1]["name"], "seed-4");
  EXPECT_EQ(summary["metric"], "val_loss");
  const double one = summary["runs"][0]["value"].get<double>(), other = summary["runs"][1]["value"].get<double>();
  EXPECT_NE(one, other) << "seeds matter, or this test sees nothing";
  EXPECT_NEAR(summary["mean"]["value"].get<double>(), (one + other) / 2, 1e-12);
  EXPECT_NEAR(summary["deviation"]["value"].get<double>(), std::abs(one - other) / std::sqrt(2.0), 1e-12);
  for (const char* number : {"AP", "AP50", "AP75"}) EXPECT_TRUE(summary["mean"].contains(number)) << number;
  EXPECT_EQ(read_json_file(folder_ / "runs/seed-4/recipe.json")["seed"], 4);
  EXPECT_TRUE(fs::exists(folder_ / "runs/plots/learning_curves.svg"));
  const auto time = fs::last_write_time(folder_ / "runs/seed-1/weights/best.fovea");
  EXPECT_EQ(train_repeatedly(with_seeds(recipe_, {1}), environment("runs"))["runs"][0], summary["runs"][0]);
  EXPECT_EQ(fs::last_write_time(folder_ / "runs/seed-1/weights/best.fovea"), time) << "finished runs are not trained again";
  recipe_.mosaic = 0.25;
  EXPECT_THAT(message_of<OptionError>([&] { train_repeatedly(with_seeds(recipe_, {1}), environment("runs")); }),
              HasSubstr("mosaic 0.5, but 0.25 is wanted"));
  EXPECT_THAT(message_of<OptionError>([&] { train_repeatedly(with_folds(recipe_, 2), environment("folds")); }),
              HasSubstr("\"folds\" does not apply to detectors"));
}

TEST_F(RepeatedDetector, PatienceEndsATrainingAndItsLogSaysSo) {
  recipe_.training.epochs = 30;
  recipe_.training.learning_rate = 1e-12;  // nothing gets better
  recipe_.training.ema_decay = 0;
  recipe_.training.metric = "val_AP";
  recipe_.training.patience = 1;
  EXPECT_EQ(train("run").summary.epochs, 2);
  EXPECT_THAT(load_run_history(folder_ / "run").stopped, HasSubstr("val_AP was not better in 1 epochs"));
}

/// Trained until it finds something, by AP of the averaged weights.
TEST_F(RepeatedDetector, TheBestWeightsAreJudgedInNumbersAndPictures) {
  recipe_.training.epochs = 25;
  recipe_.training.learning_rate = 0.01;
  recipe_.training.batch = 4;
  recipe_.training.metric = "ema_val_AP";
  recipe_.mosaic = 0;
  const TrainResult result = train("run");
  EXPECT_GT(result.summary.best_value, 0.2) << "or the pictures are empty";
  const Json numbers = read_json_file(folder_ / "run/validation.json");
  EXPECT_EQ(parse_json(result.metrics, "metrics"), numbers);
  const std::vector<double> APs = load_results(folder_ / "run/results.csv").column("ema_val_AP");
  EXPECT_EQ(numbers["AP"].get<double>(), *std::max_element(APs.begin(), APs.end())) << "best.fovea holds what the metric measured";
  EXPECT_EQ(result.summary.best_value, numbers["AP"].get<double>());
  EXPECT_EQ(numbers["split"], "val");
  EXPECT_TRUE(numbers["per_class"].contains("dark"));
  EXPECT_TRUE(numbers["voc12"].contains("AP50"));

  const cv::Mat found = load_image(folder_ / "run/plots/found.png");
  const cv::Scalar green(60, 160, 40), red(40, 40, 220);
  for (const cv::Scalar& color : {green, red}) {
    cv::Mat mask;
    cv::inRange(found, color, color, mask);
    EXPECT_GT(cv::countNonZero(mask), 100) << color << ": objects and what was found are drawn";
  }
  const std::string curves = read_text_file(folder_ / "run/plots/precision_recall.svg");
  for (const char* part : {"bright", "dark", "all classes", "recall"}) EXPECT_THAT(curves, HasSubstr(part));
  const std::string learning = read_text_file(folder_ / "run/plots/learning_curves.svg");
  for (const char* part : {"validation AP", "validation loss by term", "val_box_loss"}) EXPECT_THAT(learning, HasSubstr(part));
  EXPECT_THAT(read_text_file(folder_ / "run/report.html"), HasSubstr("Images with the most errors"));
  EXPECT_EQ(load_image(folder_ / "run/plots/confusion_matrix.png").type(), CV_8UC3);
}

}  // namespace
}  // namespace fovea
