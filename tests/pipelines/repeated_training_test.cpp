// Several seeds, cross-validation, early ends, averages beside weights, snapshots, ensembles.
#include "fovea/pipelines/repeated_training.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>
#include <opencv2/core.hpp>

#include "fovea/base/error.hpp"
#include "fovea/base/file.hpp"
#include "fovea/data/data_source.hpp"
#include "fovea/pipelines/classifier_ensemble.hpp"
#include "fovea/pipelines/run_history.hpp"
#include "fovea/pipelines/train_classifier.hpp"
#include "messages.hpp"
#include "shape_recipes.hpp"
#include "support/shape_pictures.hpp"
#include "support/temporary_folder.hpp"

namespace fovea {
namespace {

namespace fs = std::filesystem;
using test::message_of;
using test::shape_picture;
using test::TemporaryFolder;
using testing::ElementsAre;
using testing::HasSubstr;

class RepeatedTraining : public testing::Test {
 protected:
  RepeatedTraining() {
    test::write_shapes(data_ / "train", 8);
    test::write_shapes(data_ / "val", 4, 100);
    test::write_shapes(data_ / "test", 2, 200);
  }
  ClassifierRecipe recipe() const { return test::tiny_shape_recipe(data_.path(), 0.01); }
  Json repeat(const std::vector<NamedRecipe>& recipes) {
    TrainEnvironment environment{.out = out_.path(), .workers = 0};
    environment.log = [&](const std::string& line) { lines_.push_back(line); };
    return train_repeatedly(recipes, environment);
  }
  TrainResult train(const ClassifierRecipe& recipe, const std::string& name) {
    return train_classifier(recipe, {.out = out_ / name, .workers = 0});
  }
  ResultsTable results(const std::string& name) const { return load_results(out_ / (name + "/results.csv")); }

  TemporaryFolder data_, out_;
  std::vector<std::string> lines_;
};

TEST_F(RepeatedTraining, SeedsGiveMeanAndDeviation) {
  const Json summary = repeat(with_seeds(recipe(), {1, 2, 5}));
  ASSERT_EQ(summary["runs"].size(), 3U);
  EXPECT_EQ(summary["runs"][2]["name"], "seed-5");
  EXPECT_EQ(summary["metric"], "val_top1");
  for (const char* number : {"value", "top1", "mean_nll"}) {
    double mean = 0, squares = 0;
    for (const Json& run : summary["runs"]) mean += run[number].get<double>() / 3;
    for (const Json& run : summary["runs"]) squares += std::pow(run[number].get<double>() - mean, 2);
    EXPECT_NEAR(summary["mean"][number].get<double>(), mean, 1e-12);
    EXPECT_NEAR(summary["deviation"][number].get<double>(), std::sqrt(squares / 2), 1e-12);
  }
  EXPECT_GT(summary["deviation"]["mean_nll"].get<double>(), 0) << "seeds matter, or this test sees nothing";
  EXPECT_EQ(read_json_file(out_ / "seed-2/recipe.json")["seed"], 2);
  EXPECT_TRUE(fs::exists(out_ / "plots/learning_curves.svg"));
  EXPECT_EQ(read_json_file(out_ / "summary.json"), summary);
}

TEST_F(RepeatedTraining, SeedsShareTheSplitOfTheData) {
  fs::remove_all(data_ / "val");
  fs::remove_all(data_ / "test");
  repeat(with_seeds(recipe(), {7, 8}));
  EXPECT_THAT(lines_, testing::Contains(HasSubstr("seed 3")).Times(2)) << "the recipe's own seed divides";
  EXPECT_THAT(lines_, testing::Not(testing::Contains(HasSubstr("seed 8)"))));
}

TEST_F(RepeatedTraining, FinishedRunsAreNotTrainedAgainAndOthersAreNotTakenForThem) {
  const Json first = repeat(with_seeds(recipe(), {1, 2}));
  const auto time = fs::last_write_time(out_ / "seed-1/weights/best.fovea");
  const Json more = repeat(with_seeds(recipe(), {1, 2, 3}));
  EXPECT_EQ(fs::last_write_time(out_ / "seed-1/weights/best.fovea"), time);
  EXPECT_EQ(more["runs"][0], first["runs"][0]);
  ClassifierRecipe other = recipe();
  other.learning_rate = 0.02;
  EXPECT_THAT(message_of<OptionError>([&] { repeat(with_seeds(other, {1})); }), HasSubstr("learning_rate 0.01, but 0.02 is wanted"));
}

TEST_F(RepeatedTraining, FoldsHoldEveryImageOutOnceAndNeverTheTestImages) {
  const Json summary = repeat(with_folds(recipe(), 3));
  ASSERT_EQ(summary["runs"].size(), 3U);
  std::int64_t validated = 0;
  for (const char* fold : {"fold-1", "fold-2", "fold-3"}) {
    const Json validation = read_json_file(out_ / fold / "validation.json");
    validated += validation["count"].get<std::int64_t>();
    for (const auto& [name, numbers] : validation["per_class"].items()) EXPECT_EQ(numbers["support"], 4) << name << ": stratified";
  }
  EXPECT_EQ(validated, 36) << "24 of train and 12 of val; test has 6 more";
  EXPECT_THROW(with_folds(recipe(), 1), OptionError);
}

TEST_F(RepeatedTraining, WrongFoldsAndMetricsAreErrorsBeforeTheFirstEpoch) {
  const auto message = [&](auto change) {
    ClassifierRecipe wrong = recipe();
    change(wrong);
    return message_of<OptionError>([&] { train(wrong, "wrong"); });
  };
  EXPECT_THAT(message([](ClassifierRecipe& r) { r.metric = "val_top"; }), HasSubstr("did you mean \"val_top1\""));
  EXPECT_THAT(message([](ClassifierRecipe& r) { r.metric = "ema_val_top1"; }), HasSubstr("averages want an ema_decay"));
  EXPECT_THAT(message([](ClassifierRecipe& r) { r.folds = 1; }), HasSubstr("folds are at least 2"));
  EXPECT_THAT(message([](ClassifierRecipe& r) { r.folds = 3, r.fold = 4; }), HasSubstr("from 1 to 3, found 4"));
  EXPECT_THAT(message([](ClassifierRecipe& r) { r.patience = -1; }), HasSubstr("patience is at least 0"));
  EXPECT_THAT(message([](ClassifierRecipe& r) { r.snapshots = true; }), HasSubstr("cosine-restarts"));
  EXPECT_FALSE(fs::exists(out_ / "wrong"));
}

TEST_F(RepeatedTraining, TheMetricDecidesWhichWeightsAreBest) {
  ClassifierRecipe averaged = recipe();
  averaged.epochs = 3;
  averaged.ema_decay = 0.9;
  averaged.metric = "val_loss";
  train(averaged, "raw");
  averaged.metric = "ema_val_loss";
  train(averaged, "ema");
  EXPECT_EQ(results("raw").column("val_loss"), results("ema").column("val_loss")) << "the training is the same";
  for (const auto& [name, column] : {std::pair{"raw", "val_loss"}, {"ema", "ema_val_loss"}}) {
    const std::vector<double> losses = results(name).column(column);
    const double saved = read_json_file(out_ / name / "validation.json")["mean_nll"].get<double>();
    EXPECT_EQ(saved, *std::min_element(losses.begin(), losses.end())) << name << ": best.fovea holds what the metric measured";
  }
}

TEST_F(RepeatedTraining, PatienceEndsATrainingAndItsLogSaysSo) {
  ClassifierRecipe patient = recipe();
  patient.epochs = 30;
  patient.learning_rate = 1e-9;  // nothing gets better
  patient.patience = 2;
  EXPECT_EQ(train(patient, "run").summary.epochs, 3);
  EXPECT_EQ(results("run").rows.size(), 3U);
  EXPECT_THAT(load_run_history(out_ / "run").stopped, HasSubstr("val_top1 was not better in 2 epochs"));
}

TEST_F(RepeatedTraining, SnapshotsAreTheWeightsOfTheCyclesEnds) {
  ClassifierRecipe cyclic = recipe();
  cyclic.epochs = 6;
  cyclic.warmup_epochs = 0;
  cyclic.schedule = "cosine-restarts";
  cyclic.schedule_options = R"({"period_epochs":2})";
  cyclic.snapshots = true;
  train(cyclic, "cyclic");
  std::vector<double> epochs;
  for (int i = 1; i <= 3; ++i) {
    const auto file = out_ / ("cyclic/weights/snapshot-" + std::to_string(i) + ".fovea");
    epochs.push_back(Json::parse(ClassificationPipeline::load(file).training())["epoch"].get<double>());
  }
  EXPECT_THAT(epochs, ElementsAre(2, 4, 6));
  EXPECT_FALSE(fs::exists(out_ / "cyclic/weights/snapshot-4.fovea"));
}

TEST_F(RepeatedTraining, AnEnsembleAveragesProbabilities) {
  repeat(with_seeds(recipe(), {1, 2}));
  const std::vector<std::string> files = {(out_ / "seed-1/weights/best.fovea").string(), (out_ / "seed-2/weights/best.fovea").string()};
  const ClassifierEnsemble both(ClassifierEnsemble::load(files)), one(ClassifierEnsemble::load({files[0]}));
  const ClassificationPipeline first = ClassificationPipeline::load(files[0]), second = ClassificationPipeline::load(files[1]);
  std::vector<cv::Mat> images;
  for (std::uint64_t i = 0; i < 5; ++i) images.push_back(shape_picture(i % 3, 500 + i));
  const auto mean = both.run(images), a = first.run(images), b = second.run(images);
  for (std::size_t i = 0; i < images.size(); ++i)
    for (std::size_t c = 0; c < 3; ++c) EXPECT_FLOAT_EQ(mean[i].probabilities[c], (a[i].probabilities[c] + b[i].probabilities[c]) / 2);
  const ClassificationData data = open_classification_data(recipe().data, {.seed = 3});
  EXPECT_EQ(one.evaluate(data.require("val"), 5, 0).mean_nll, first.evaluate(data.require("val"), 7, 0).mean_nll)
      << "one member alone, whatever the batch";
  EXPECT_THROW(ClassifierEnsemble({}), OptionError);
}

TEST_F(RepeatedTraining, ViewsAreMirroredAndCut) {
  const cv::Mat image = shape_picture(1, 7, 16);
  const std::vector<cv::Mat> views = ImageViews::parse({"flip", "crops"}).of(image);
  ASSERT_EQ(views.size(), 12U);
  EXPECT_EQ(ImageViews::parse({"flip", "crops"}).count(), 12U);
  EXPECT_EQ(views[0].at<cv::Vec3b>(3, 2), image.at<cv::Vec3b>(3, 2));
  EXPECT_EQ(views[1].size(), cv::Size(14, 14));
  EXPECT_EQ(views[2].at<cv::Vec3b>(0, 0), image.at<cv::Vec3b>(0, 2)) << "the upper right corner";
  EXPECT_EQ(views[5].at<cv::Vec3b>(0, 0), image.at<cv::Vec3b>(1, 1)) << "the middle";
  EXPECT_EQ(views[6].at<cv::Vec3b>(3, 2), image.at<cv::Vec3b>(3, 13)) << "mirrored";
  EXPECT_THAT(message_of<OptionError>([] { ImageViews::parse({"flips"}); }), HasSubstr("did you mean \"flip\""));

  train(recipe(), "run");
  const std::string file = (out_ / "run/weights/best.fovea").string();
  const ClassifierEnsemble flipped(ClassifierEnsemble::load({file}), {.flip = true});
  const ClassificationPipeline plain = ClassificationPipeline::load(file);
  const std::vector<cv::Mat> images = {image};
  const auto mean = flipped.run(images);
  for (std::size_t c = 0; c < 3; ++c)
    EXPECT_FLOAT_EQ(mean[0].probabilities[c], (plain.run(views[0]).probabilities[c] + plain.run(views[6]).probabilities[c]) / 2);
}

}  // namespace
}  // namespace fovea
