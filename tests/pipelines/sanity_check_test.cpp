// The checks before a training, on trainings that are sound and on broken ones; and the range test of a recipe.
#include "fovea/pipelines/sanity_check.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "fovea/base/error.hpp"
#include "fovea/pipelines/catalogue.hpp"
#include "fovea/pipelines/classification_pipeline.hpp"
#include "fovea/pipelines/find_rate.hpp"
#include "fovea/vision/image_loader.hpp"
#include "messages.hpp"
#include "shape_recipes.hpp"
#include "support/shape_pictures.hpp"
#include "support/temporary_folder.hpp"

namespace fovea {
namespace {

using test::TemporaryFolder;
using testing::AllOf;
using testing::HasSubstr;

class SanityChecks : public testing::Test {
 protected:
  SanityChecks() {
    test::write_shapes(data_ / "train", 12);
    test::write_shapes(data_ / "val", 4, 100);
  }
  ClassifierRecipe recipe() const { return test::small_shape_recipe(data_.path(), 0.02); }
  SanityReport check(const ClassifierRecipe& recipe) { return check_training(recipe, {.out = folder_ / "run", .workers = 0}); }
  std::string failed(const ClassifierRecipe& recipe) {
    std::string names;
    for (const SanityCheck& one : check(recipe).checks)
      if (!one.passed) names += one.name + " ";
    return names;
  }
  /// Of two folds one holds out the only image of a class: the recipe with that one.
  ClassifierRecipe recipe_without_discs() {
    std::filesystem::remove_all(data_ / "val");
    for (int i = 1; i < 12; ++i) std::filesystem::remove(data_ / ("train/disc/" + std::to_string(i) + ".ppm"));
    ClassifierRecipe lacking = recipe();
    lacking.folds = 2;
    for (const std::int64_t fold : {1, 2}) {
      lacking.fold = fold;
      if (!check(lacking).checks[0].passed) return lacking;
    }
    ADD_FAILURE() << "no fold lacks the class";
    return lacking;
  }
  static double value(const SanityCheck& check, const std::string& name) {
    for (const auto& [key, value] : check.values)
      if (key == name) return value;
    ADD_FAILURE() << "no " << name;
    return 0;
  }

  TemporaryFolder data_, folder_;
};

TEST_F(SanityChecks, PassWhereATrainingIsSound) {
  const SanityReport report = check(recipe());
  std::vector<std::string> names;
  for (const SanityCheck& one : report.checks) {
    names.push_back(one.name);
    EXPECT_TRUE(one.passed) << one.name << ": " << one.statement;
  }
  EXPECT_THAT(names, testing::ElementsAre("labels", "inputs", "initial_loss", "regularization", "overfits"));
  EXPECT_TRUE(report.passed());
  EXPECT_NEAR(value(report.checks[2], "log_classes"), std::log(3.0), 1e-12);
  EXPECT_LT(value(report.checks[3], "norm_after"), value(report.checks[3], "norm_before"));
  EXPECT_LE(value(report.checks[4], "loss"), 0.1 * std::log(3.0));
  const Json json = read_json_file(folder_ / "run/check.json");
  EXPECT_EQ(json["passed"], true);
  EXPECT_EQ(json["checks"][0]["least_images"], 12);
  EXPECT_EQ(load_image(folder_ / "run/plots/batch.png").type(), CV_8UC3);
  EXPECT_FALSE(std::filesystem::exists(folder_ / "run/weights")) << "nothing is trained";
}

TEST_F(SanityChecks, FindAClassWithoutImages) {
  const SanityReport report = check(recipe_without_discs());
  EXPECT_FALSE(report.passed());
  EXPECT_THAT(report.checks[0].statement, HasSubstr("without any: disc"));
}

TEST_F(SanityChecks, FindRatesThatCannotFitASmallBatch) {
  ClassifierRecipe slow = recipe(), hot = recipe();
  slow.learning_rate = 1e-9;
  hot.learning_rate = 1e6;
  EXPECT_EQ(failed(slow), "regularization overfits ") << "neither decay nor gradients change a bit";
  EXPECT_THAT(failed(hot), HasSubstr("overfits"));
}

TEST_F(SanityChecks, FindInputsThatAreNotNormalised) {
  ClassifierRecipe first = recipe();
  first.epochs = 1;
  ClassificationPipeline pipeline = ClassificationPipeline::load(train_classifier(first, {.out = folder_ / "first", .workers = 0}).best);
  Preprocessing off = pipeline.preprocessing();
  off.mean = {0, 0, 0};
  off.deviation = {0.01, 0.01, 0.01};
  const Json architecture = parse_json(pipeline.architecture(), "test");
  ClassificationPipeline(build_classifier(architecture, "test"), pipeline.architecture(), off, pipeline.labels())
      .save(folder_ / "off.fovea");
  ClassifierRecipe from = recipe();
  from.weights = (folder_ / "off.fovea").string();
  const SanityReport report = check(from);
  EXPECT_FALSE(report.checks[1].passed) << report.checks[1].statement;
  EXPECT_GT(value(report.checks[1], "deviation_0"), 2);
}

TEST_F(SanityChecks, AreMadeInEveryTrainingAsFarAsTheyCostNothing) {
  ClassifierRecipe one_epoch = recipe_without_discs();
  one_epoch.epochs = 1;
  std::vector<std::string> lines;
  TrainEnvironment environment{.out = folder_ / "run", .workers = 0};
  environment.log = [&](const std::string& line) { lines.push_back(line); };
  train_classifier(one_epoch, environment);
  EXPECT_THAT(lines, testing::Contains(AllOf(HasSubstr("looks wrong: labels"), HasSubstr("disc"))));
  EXPECT_EQ(load_image(folder_ / "run/plots/batch.png").type(), CV_8UC3);
}

TEST_F(SanityChecks, AClassifierThatLearnsAtOnceHasNothingToCheck) {
  ClassifierRecipe classical = recipe();
  classical.model = "knn";
  classical.model_options = "{}";
  EXPECT_THAT(test::message_of<OptionError>([&] { check(classical); }), HasSubstr("learns at once"));
}

TEST_F(SanityChecks, TheRangeTestLeavesItsCurve) {
  const RateFinderResult result =
      find_rate(recipe(), {.lowest = 1e-5, .highest = 10, .updates = 60}, {.out = folder_ / "rates", .workers = 0});
  EXPECT_GT(result.suggestion(), 1e-4);
  EXPECT_LT(result.suggestion(), 1);
  EXPECT_EQ(load_image(folder_ / "rates/find_lr.png").cols, 900);
  const Json json = read_json_file(folder_ / "rates/find_lr.json");
  EXPECT_EQ(json["suggestion"], result.suggestion());
  EXPECT_EQ(json["points"].size(), result.points.size());
}

}  // namespace
}  // namespace fovea
