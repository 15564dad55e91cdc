// The checks before a detector's training, on trainings that are sound and on broken ones.
#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "fovea/base/error.hpp"
#include "fovea/pipelines/sanity_check.hpp"
#include "fovea/vision/image_loader.hpp"
#include "messages.hpp"
#include "square_training.hpp"

namespace fovea {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class DetectorSanity : public test::SquareTraining {
 protected:
  DetectorSanity() { recipe_.training.learning_rate = 0.01; }
  SanityReport check() { return check_training(recipe_, environment("check", 0)); }
  std::vector<std::string> failed() {
    std::vector<std::string> names;
    for (const SanityCheck& one : check().checks)
      if (!one.passed) names.push_back(one.name);
    return names;
  }
  /// Changes the training data's JSON.
  template <class Change>
  void change_data(Change change) {
    Json data = read_json_file(folder_ / "train.json");
    change(data);
    folder_.write("train.json", data.dump());
  }
};

TEST_F(DetectorSanity, PassesWhereATrainingIsSound) {
  const SanityReport report = check();
  std::vector<std::string> names;
  for (const SanityCheck& one : report.checks) {
    names.push_back(one.name);
    EXPECT_TRUE(one.passed) << one.name << ": " << one.statement;
  }
  EXPECT_THAT(names, ElementsAre("labels", "inputs", "initial_loss", "regularization", "overfits"));
  EXPECT_THAT(report.checks[0].statement, HasSubstr("bright"));
  EXPECT_THAT(report.checks[2].statement, HasSubstr("were there no objects"));
  EXPECT_EQ(read_json_file(folder_ / "check/check.json")["passed"], true);
  EXPECT_FALSE(std::filesystem::exists(folder_ / "check/weights")) << "nothing is trained";
}

TEST_F(DetectorSanity, ThePictureHasTheBoxesOfTheChangedBatch) {
  recipe_.multi_scale = {.min = 1.3, .max = 1.4, .every = 1};  // 128 x 96
  check();
  const cv::Mat with = load_image(folder_ / "check/plots/batch.png");
  change_data([](Json& data) { data["annotations"] = Json::array(); });
  check();
  const cv::Mat without = load_image(folder_ / "check/plots/batch.png");
  ASSERT_EQ(with.size(), without.size());
  EXPECT_GT(cv::norm(with, without, cv::NORM_INF), 50) << "pictures, changes and captions are the same, boxes are not";
}

TEST_F(DetectorSanity, FindsAClassWithoutObjects) {
  change_data([](Json& data) {
    for (Json& object : data["annotations"]) object["category_id"] = 1;
  });
  const SanityReport report = check();
  EXPECT_FALSE(report.checks[0].passed);
  EXPECT_THAT(report.checks[0].statement, HasSubstr("without any: dark"));
}

TEST_F(DetectorSanity, FindsBoxesThatAreNotInTheirImage) {
  change_data([](Json& data) { data["annotations"][0]["bbox"][0] = 90; });
  EXPECT_THAT(check().checks[0].statement, HasSubstr("1 boxes are empty or not in their image"));
}

TEST_F(DetectorSanity, FindsObjectsThatDoNotReachTheLoss) {
  change_data([](Json& data) { data["annotations"] = Json::array(); });
  EXPECT_THAT(failed(), testing::IsSupersetOf({"labels", "initial_loss"}));
}

TEST_F(DetectorSanity, FindsRatesThatCannotFitASmallBatch) {
  recipe_.training.learning_rate = 1e-9;
  EXPECT_THAT(failed(), ElementsAre("regularization", "overfits"));
}

TEST_F(DetectorSanity, IsMadeInEveryTrainingAsFarAsItCostsNothing) {
  change_data([](Json& data) {
    for (Json& object : data["annotations"]) object["category_id"] = 1;
  });
  recipe_.training.epochs = 1;
  train("run");
  EXPECT_THAT(log_, HasSubstr("looks wrong: labels: training objects"));
}

}  // namespace
}  // namespace fovea
