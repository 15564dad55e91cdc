#include "fovea/pipelines/train_classifier.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "fovea/base/error.hpp"
#include "fovea/base/file.hpp"
#include "fovea/base/text.hpp"
#include "fovea/interchange/model_file.hpp"
#include "fovea/pipelines/catalogue.hpp"
#include "fovea/pipelines/classification_pipeline.hpp"
#include "fovea/pipelines/run_history.hpp"
#include "fovea/vision/image_loader.hpp"
#include "fovea/vision/image_writer.hpp"
#include "messages.hpp"
#include "shape_training.hpp"
#include "support/shape_pictures.hpp"

namespace fovea {
namespace {

namespace fs = std::filesystem;
using test::column_of;
using test::kShapes;
using test::message_of;
using test::rows_of;
using test::shape_picture;
using test::TemporaryFolder;
using test::write_shapes;
using testing::AllOf;
using testing::HasSubstr;

class TrainClassifier : public test::ShapeTraining {};

TEST_F(TrainClassifier, Bf16LearnsAsF32Does) {
  ClassifierRecipe narrow = recipe();
  narrow.precision = "bf16";
  const TrainResult wide_result = train(recipe(), "f32"), narrow_result = train(narrow, "bf16");
  const auto wide_loss = column_of(runs_ / "f32/results.csv", "train_loss"), loss = column_of(runs_ / "bf16/results.csv", "train_loss");
  ASSERT_EQ(loss.size(), 4U);
  EXPECT_LT(loss.back(), 0.7 * loss.front()) << "it learns";
  for (std::size_t epoch = 0; epoch < loss.size(); ++epoch) EXPECT_NEAR(loss[epoch], wide_loss[epoch], 0.05) << epoch;
  EXPECT_NE(weights("bf16"), weights("f32"));
  const ModelFile file = load_model_file(narrow_result.best);
  for (const NamedTensor& tensor : file.tensors) EXPECT_EQ(tensor.tensor.dtype(), DType::f32) << tensor.name;
}

TEST_F(TrainClassifier, Bf16WeightsDoNotDependOnThreads) {
  for (const std::string model : {"lenet5", "resnet-mini"}) {
    ClassifierRecipe narrow = recipe();
    narrow.precision = "bf16";
    narrow.model = model;
    if (model == "resnet-mini") narrow.model_options = R"({"widths":[4,6]})";
    narrow.epochs = 1;
    train(narrow, model + "1", 1, 0);
    train(narrow, model + "2", 2, 2);
    EXPECT_EQ(weights(model + "1"), weights(model + "2")) << model;
  }
}

TEST_F(TrainClassifier, LearnsWhatIsEasy) {
  write_shapes(data_ / "train", 40);
  ClassifierRecipe longer = recipe();
  longer.epochs = 8;
  const TrainResult result = train(longer, "run");
  EXPECT_EQ(result.summary.best_value, 1);
  EXPECT_EQ(result.best, runs_ / "run/weights/best.fovea");
  const ClassificationPipeline pipeline = ClassificationPipeline::load(result.best);
  EXPECT_EQ(pipeline.labels(), kShapes);
  int right = 0;
  for (std::size_t shape = 0; shape < 3; ++shape)
    for (std::uint64_t i = 0; i < 20; ++i) right += pipeline.run(shape_picture(shape, 1000 + i)).label == kShapes[shape] ? 1 : 0;
  EXPECT_GE(right, 57) << "of 60 pictures that nobody has seen";
}

TEST_F(TrainClassifier, LeavesARunFolder) {
  const TrainResult result = train(recipe(), "run");
  const fs::path run = runs_ / "run";
  std::vector<std::string> files;
  for (const auto& entry : fs::recursive_directory_iterator(run))
    if (entry.is_regular_file()) files.push_back(entry.path().lexically_relative(run).generic_string());
  EXPECT_THAT(files,
              testing::UnorderedElementsAre("recipe.json", "results.csv", "log.jsonl", testing::StartsWith("events.out.tfevents."),
                                            "validation.json", "weights/best.fovea", "weights/last.fovea", "plots/learning_curves.png",
                                            "plots/learning_curves.svg", "plots/updates.png", "plots/updates.svg", "plots/batch.png",
                                            "plots/confusion_matrix.png", "state/lock", "state/latest.state", "state/previous.state"));
  for (const char* picture : {"learning_curves", "updates"})
    EXPECT_EQ(load_image(run / "plots" / (picture + std::string(".png"))).type(), CV_8UC3);
  EXPECT_EQ(load_image(run / "plots/confusion_matrix.png").type(), CV_8UC3);

  const Json validation = read_json_file(run / "validation.json");
  EXPECT_EQ(validation, Json::parse(result.metrics));
  EXPECT_EQ(validation["split"], "val");
  EXPECT_EQ(validation["count"], 12);
  EXPECT_EQ(validation["top1"], result.summary.best_value);
}

TEST_F(TrainClassifier, LogsWhatItTrainsAndHow) {
  ClassifierRecipe often = recipe();
  often.log_every = 2;
  train(often, "run");
  const RunHistory history = load_run_history(runs_ / "run");
  EXPECT_EQ(history.classes, 3);
  EXPECT_EQ(history.train_images, 36);
  EXPECT_EQ(history.updates_per_epoch, 5) << "36 images by 8";
  ASSERT_EQ(history.steps.size(), 11U) << "the first and every second of 20";
  EXPECT_EQ(history.steps.back().update, 20);
  std::vector<std::string> names;
  for (const LoggedWeight& weight : history.steps.back().weights) names.push_back(weight.name);
  EXPECT_THAT(names, testing::ElementsAre("conv1.weight", "conv2.weight", "fc1.weight", "fc2.weight"));
  EXPECT_GT(history.steps.back().weights[0].update_ratio, 0);
  std::vector<std::string> layers;
  for (const auto& [layer, share] : history.dead_channels) layers.push_back(layer);
  EXPECT_THAT(layers, testing::ElementsAre("conv1", "conv2", "fc1"));
  ClassifierRecipe never = recipe();
  never.log_every = 0;
  train(never, "never");
  EXPECT_EQ(weights("run"), weights("never")) << "watching changes nothing";
  EXPECT_TRUE(load_run_history(runs_ / "never").steps.empty());
}

TEST_F(TrainClassifier, WritesARowForEachEpoch) {
  const TrainResult result = train(recipe(), "run");
  const auto rows = rows_of(runs_ / "run/results.csv");
  ASSERT_EQ(rows.size(), 5u);
  EXPECT_THAT(rows[0], testing::ElementsAre("epoch", "seconds", "images_per_second", "learning_rate", "train_loss", "val_loss", "val_top1",
                                            "val_top5"));
  std::int64_t best_epoch = -1;
  double best = -1;
  for (std::size_t epoch = 1; epoch < rows.size(); ++epoch) {
    ASSERT_EQ(rows[epoch].size(), rows[0].size());
    EXPECT_EQ(rows[epoch][0], std::to_string(epoch));
    const double top1 = std::stod(rows[epoch][6]);
    if (top1 > best) {
      best = top1;
      best_epoch = static_cast<std::int64_t>(epoch) - 1;
    }
  }
  EXPECT_EQ(result.summary.best_epoch, best_epoch);
  EXPECT_LT(std::stod(rows[4][4]), std::stod(rows[1][4])) << "the loss goes down";
  const Json facts = Json::parse(ClassificationPipeline::load(result.best).training());
  EXPECT_EQ(facts["epoch"], best_epoch + 1);
  EXPECT_EQ(facts["seed"], 3);
}

TEST_F(TrainClassifier, TheRecipeOfARunRepeatsItToTheBit) {
  ClassifierRecipe first = recipe();
  first.augment = {"flip", "crop", "resized-crop"};
  first.label_smoothing = 0.1;
  first.optimizer = "adamw";
  first.learning_rate = 0;
  train(first, "first");
  const ClassifierRecipe read = ClassifierRecipe::from_json(read_json_file(runs_ / "first/recipe.json"), "recipe.json");
  EXPECT_EQ(read.learning_rate, 0.001) << "what was left open is decided in the file";
  EXPECT_EQ(read.channels, 3);
  train(read, "second");
  EXPECT_EQ(weights("first"), weights("second"));
  EXPECT_EQ(read_text_file(runs_ / "first/recipe.json"), read_text_file(runs_ / "second/recipe.json"));

  ClassifierRecipe other = read;
  other.seed = 4;
  train(other, "third");
  EXPECT_NE(weights("first"), weights("third")) << "another seed gives other weights, or this test sees nothing";
}

TEST_F(TrainClassifier, NeitherThreadsNorWorkersChangeABit) {
  for (const char* model : {"lenet5", "resnet-mini"}) {
    ClassifierRecipe base = recipe();
    base.model = model;
    if (base.model == "resnet-mini") base.model_options = R"({"widths":[4,8]})";
    base.augment = {"flip", "crop"};
    base.epochs = 2;
    const std::string name = model;
    train(base, name);
    train(base, name + "-two-threads", 2);
    EXPECT_EQ(weights(name), weights(name + "-two-threads"));
    for (const int workers : {1, 2}) {
      const std::string other = name + "-workers-" + std::to_string(workers);
      train(base, other, 2, workers);
      EXPECT_EQ(weights(name), weights(other)) << workers << " workers";
    }
  }
}

TEST_F(TrainClassifier, AugmentationAndShapeOptionsCount) {
  ClassifierRecipe base = recipe();
  base.epochs = 1;
  train(base, "plain");
  const std::vector<std::pair<std::string, Json>> changes = {
      {"flip", {{"augment", {"flip"}}}},
      {"crop", {{"augment", {"crop"}}}},
      {"affine", {{"augment", Json::array({{{"name", "affine"}, {"degrees", 20}}})}}},
      {"color jitter", {{"augment", {"color-jitter"}}}},
      {"resized", {{"augment", {"resized-crop"}}}},
      {"smooth", {{"label_smoothing", 0.1}}},
      {"step", {{"schedule", "step"}}},
      {"constant", {{"schedule", "constant"}}},
      {"momentum", {{"momentum", 0.5}}},
      {"plain-momentum", {{"nesterov", false}}},
      {"decay", {{"weight_decay", 0.1}}},
      {"warmup", {{"warmup_epochs", 0}}},
      {"mixup", {{"augment", {"mixup"}}}},
      {"cutmix", {{"augment", {"cutmix"}}}},
      {"cutout", {{"augment", {"cutout"}}}},
      {"accumulate", {{"accumulate", 2}}},
      {"clip-norm", {{"clip_norm", 0.1}}},
      {"clip-value", {{"clip_value", 0.01}}},
      {"l1", {{"l1", 0.01}}},
      {"max-norm", {{"max_norm", 0.3}}},
      {"ema", {{"ema_decay", 0.9}}},
      {"groups", {{"groups", {{{"pattern", "fc2.*"}, {"frozen", true}}}}}},
      {"sgd", {{"nesterov", false}, {"optimizer_options", {{"rate_in_velocity", true}}}}},
      {"adam", {{"optimizer", "adam"}, {"optimizer_options", {{"amsgrad", true}}}}},
      {"adagrad", {{"optimizer", "adagrad"}, {"optimizer_options", {{"initial_sum", 0.1}}}}},
      {"rmsprop", {{"optimizer", "rmsprop"}, {"optimizer_options", {{"centered", true}}}}},
      {"adadelta", {{"optimizer", "adadelta"}, {"optimizer_options", {{"rho", 0.8}}}}},
      {"multi-step", {{"schedule", "multi-step"}, {"schedule_options", {{"milestones", {0.5}}}}}},
      {"exponential", {{"schedule", "exponential"}, {"schedule_options", {{"factor", 0.1}}}}},
      {"inverse-time", {{"schedule", "inverse-time"}, {"schedule_options", {{"decay", 2}}}}},
      {"linear", {{"schedule", "linear"}, {"schedule_options", {{"final_rate", 0.001}}}}},
      {"polynomial", {{"schedule", "polynomial"}, {"schedule_options", {{"power", 0.9}}}}},
      {"restarts", {{"schedule", "cosine-restarts"}, {"schedule_options", {{"period_epochs", 0.5}}}}},
      {"one-cycle", {{"schedule", "one-cycle"}, {"schedule_options", {{"linear", true}}}}},
      {"grey", {{"channels", 1}}}};
  for (const auto& [name, change] : changes) {
    Json json = base.to_json();
    json.update(change);
    train(ClassifierRecipe::from_json(json, "test"), name);
    EXPECT_NE(weights("plain"), weights(name)) << name << " has no effect";
  }
}

TEST_F(TrainClassifier, KeepsTheImageSizeOfTheRecipe) {
  ClassifierRecipe wide = recipe();
  wide.image_size = "20x12";
  wide.channels = 1;
  wide.resize = "letterbox";
  wide.epochs = 1;
  const Preprocessing preprocessing = ClassificationPipeline::load(train(wide, "run").best).preprocessing();
  EXPECT_EQ(preprocessing.width, 20);
  EXPECT_EQ(preprocessing.height, 12);
  EXPECT_EQ(preprocessing.channels, 1);
  EXPECT_EQ(preprocessing.resize, Preprocessing::ResizeMode::letterbox);
}

TEST_F(TrainClassifier, StandardisesWithTheTrainingImages) {
  ClassifierRecipe short_one = recipe();
  short_one.epochs = 1;
  const Preprocessing found = ClassificationPipeline::load(train(short_one, "run").best).preprocessing();
  std::vector<double> sum(3), squares(3);
  double count = 0;
  for (std::size_t shape = 0; shape < 3; ++shape)
    for (std::uint64_t i = 0; i < 12; ++i) {
      const cv::Mat image = shape_picture(shape, i);  // 16x16, as the network's input
      for (int y = 0; y < image.rows; ++y)
        for (int x = 0; x < image.cols; ++x, ++count)
          for (int c = 0; c < 3; ++c) {
            const double value = image.at<cv::Vec3b>(y, x)[2 - c] / 255.0;
            sum[static_cast<std::size_t>(c)] += value;
            squares[static_cast<std::size_t>(c)] += value * value;
          }
    }
  for (std::size_t c = 0; c < 3; ++c) {
    const double mean = sum[c] / count;
    EXPECT_NEAR(found.mean.at(c), mean, 1e-6);
    EXPECT_NEAR(found.deviation.at(c), std::sqrt(squares[c] / count - mean * mean), 1e-6);
  }
}

TEST_F(TrainClassifier, TellsHooksAndLog) {
  struct Counter final : TrainerHook {
    void on_step(const StepReport& report) override { samples += report.samples; }
    void on_epoch(const EpochReport&) override { ++epochs; }
    std::int64_t samples = 0, epochs = 0;
  };
  const auto counter = std::make_shared<Counter>();
  std::vector<std::string> lines;
  train_classifier(
      recipe(), {.out = runs_ / "run", .workers = 0, .log = [&](const std::string& line) { lines.push_back(line); }, .hooks = {counter}});
  EXPECT_EQ(counter->epochs, 4);
  EXPECT_EQ(counter->samples, 4 * 36) << "every image once an epoch";
  ASSERT_FALSE(lines.empty());
  EXPECT_THAT(lines.back(), AllOf(HasSubstr("16x16x3"), HasSubstr("3 classes")));
}

TEST_F(TrainClassifier, NeverReadsTheTestSplit) {
  ClassifierRecipe short_one = recipe();
  short_one.epochs = 1;
  train(short_one, "unreadable");  // test/ holds no pictures: see the constructor
  for (const std::string& shape : kShapes) save_image(data_ / ("test/" + shape + "/1.png"), shape_picture(0, 5));
  train(short_one, "readable");
  EXPECT_EQ(weights("unreadable"), weights("readable"));
}

TEST_F(TrainClassifier, ValidationDecidesButDoesNotTeach) {
  ClassifierRecipe short_one = recipe();
  short_one.epochs = 1;
  const auto tensors = [&](const std::string& name) {
    std::vector<std::vector<float>> values;
    for (const NamedParameter& parameter : ClassificationPipeline::load(runs_ / (name + "/weights/last.fovea")).network().parameters())
      values.push_back(parameter.variable.value().to_vector<float>());
    return values;
  };
  train(short_one, "before");
  write_shapes(data_ / "val", 9, 500);
  train(short_one, "after");
  EXPECT_EQ(tensors("before"), tensors("after"));
  EXPECT_NE(read_json_file(runs_ / "before/validation.json")["count"], read_json_file(runs_ / "after/validation.json")["count"]);
}

TEST_F(TrainClassifier, DoesNotOverwriteWeights) {
  ClassifierRecipe short_one = recipe();
  short_one.epochs = 1;
  train(short_one, "run");
  const std::string before = weights("run");
  EXPECT_THAT(message_of<FileError>([&] { train(short_one, "run"); }), HasSubstr("holds the weights of an earlier run"));
  EXPECT_EQ(weights("run"), before);
}

TEST_F(TrainClassifier, ARunThatFailedAtOnceIsNotInTheWay) {
  ClassifierRecipe wrong = recipe();
  wrong.label_smoothing = 2;
  EXPECT_THROW(train(wrong, "run"), OptionError);
  ClassifierRecipe right = recipe();
  right.epochs = 1;
  EXPECT_NO_THROW(train(right, "run"));
}

TEST_F(TrainClassifier, WrongRecipesAreErrors) {
  const auto message = [&](const Json& change) {
    Json json = recipe().to_json();
    json.update(change);
    return message_of<OptionError>([&] { train(ClassifierRecipe::from_json(json, "test"), "run"); });
  };
  EXPECT_THAT(message({{"task", "detect"}}), HasSubstr("unknown task \"detect\""));
  EXPECT_THAT(message({{"model", "lenet4"}, {"image_size", ""}}), HasSubstr("did you mean \"lenet5\""));
  EXPECT_THAT(message({{"model", "unet"}, {"model_options", Json::object()}}), HasSubstr("gives a class for every pixel"));
  EXPECT_THAT(message({{"model_options", {{"filter1", 2}}}}), HasSubstr("did you mean \"filters1\""));
  EXPECT_THAT(message({{"optimizer", "adamm"}}), HasSubstr("did you mean \"adam\""));
  EXPECT_THAT(message({{"schedule", "cosin"}}), HasSubstr("did you mean \"cosine\""));
  EXPECT_THAT(message({{"augment", {"flip", "crops"}}}), HasSubstr("did you mean \"crop\""));
  EXPECT_THAT(message({{"resize", "squash"}}), HasSubstr("squash"));
  EXPECT_THAT(message({{"precision", "f16"}}), HasSubstr("the precision is f32 or bf16, found \"f16\""));
  EXPECT_THAT(message({{"data", ""}}), HasSubstr("no data given"));
  EXPECT_THAT(message({{"data", "zip:x"}}), HasSubstr("unknown data scheme \"zip\""));
  EXPECT_THAT(message({{"channels", 2}}), HasSubstr("found 2"));
  EXPECT_THAT(message({{"epochs", 0}}), HasSubstr("at least 1 epoch"));
  EXPECT_THAT(message({{"batch", 0}}), HasSubstr("at least 1 image"));
  EXPECT_THAT(message({{"learning_rate", -1}}), HasSubstr("found -1"));
  EXPECT_THAT(message({{"image_size", "big"}}), HasSubstr("\"big\""));
  EXPECT_THAT(message({{"image_size", "3"}}), HasSubstr("at least 4x4"));
  EXPECT_THAT(message({{"momentum", 1.5}}), HasSubstr("momentum"));
  EXPECT_THAT(message({{"warmup_epochs", -1}}), HasSubstr("warm-up"));
  EXPECT_THAT(message({{"optimizer_options", {{"beta1", 0.5}}}}), AllOf(HasSubstr("optimizer_options of sgd"), HasSubstr("\"beta1\"")));
  EXPECT_THAT(message({{"optimizer", "rmsprop"}, {"optimizer_options", {{"centred", true}}}}), HasSubstr("did you mean \"centered\""));
  EXPECT_THAT(message({{"optimizer", "adam"}, {"optimizer_options", {{"beta2", 2}}}}), HasSubstr("[adam] beta2 is in [0, 1), found 2"));
  EXPECT_THAT(message({{"schedule_options", {{"milestones", {1}}}}}),
              AllOf(HasSubstr("schedule_options of cosine"), HasSubstr("milestones")));
  EXPECT_THAT(message({{"schedule", "multi-step"}, {"schedule_options", {{"milestones", {3, 2}}}}}), HasSubstr("ascending"));
  EXPECT_THAT(message({{"schedule", "plateau"}, {"schedule_options", {{"factor", 2}}}}), HasSubstr("in (0, 1), found 2"));
  EXPECT_THAT(message({{"schedule_options", {{"warmup", "cubic"}}}}), HasSubstr("unknown warmup \"cubic\""));
  EXPECT_THAT(message({{"groups", {{{"patern", "fc.*"}}}}}), HasSubstr("did you mean \"pattern\""));
  EXPECT_THAT(message({{"groups", {{{"pattern", "head.*"}}}}}), HasSubstr("no parameter has a name like \"head.*\""));
  EXPECT_THAT(message({{"accumulate", 0}}), HasSubstr("accumulate is at least 1, found 0"));
  EXPECT_THAT(message({{"ema_decay", 1}}), HasSubstr("ema_decay is in [0, 1), found 1"));
  EXPECT_THAT(message({{"clip_norm", -1}}), HasSubstr("clip_norm is at least 0, found -1"));
  EXPECT_THAT(message({{"cutout_share", 2}}), HasSubstr("cutout_share is in (0, 1], found 2"));
  EXPECT_FALSE(fs::exists(runs_ / "run/weights/last.fovea"));
}

TEST_F(TrainClassifier, APlateauLowersTheRate) {
  ClassifierRecipe still = recipe();
  still.epochs = 4;
  still.warmup_epochs = 0;
  still.schedule = "plateau";
  still.schedule_options = R"({"metric":"val_top1","patience":0,"threshold":1,"factor":0.5})";  // nothing is ever twice as good
  train(still, "run");
  std::ifstream file(runs_ / "run/results.csv");
  std::string line;
  std::vector<double> rates;
  std::getline(file, line);
  while (std::getline(file, line)) {
    std::stringstream cells(line);
    for (int column = 0; column < 4; ++column) std::getline(cells, line, ',');
    rates.push_back(std::stod(line));
  }
  ASSERT_EQ(rates.size(), 4u);
  EXPECT_DOUBLE_EQ(rates[3], rates[0] / 4) << "the first value is always the best so far; it and the next one come before a change";
}

TEST_F(TrainClassifier, DataThatCannotTrainIsAnError) {
  const auto message = [&](const fs::path& folder) {
    ClassifierRecipe bad = recipe();
    bad.data = "folder:" + folder.string();
    return message_of<Error>([&] { train(bad, "run"); });
  };
  EXPECT_THAT(message(data_ / "nowhere"), HasSubstr("nowhere"));
  const TemporaryFolder one_class;
  save_image(one_class / "only/1.png", shape_picture(0, 1));
  EXPECT_THAT(message(one_class.path()), AllOf(HasSubstr("at least two classes"), HasSubstr("\"only\"")));
  const TemporaryFolder only_test;
  write_shapes(only_test / "test", 2);
  EXPECT_THAT(message(only_test.path()), HasSubstr("no train split"));
  const TemporaryFolder too_few;
  write_shapes(too_few / "train", 1);
  EXPECT_THAT(message(too_few.path()), HasSubstr("no val split"));
  const TemporaryFolder damaged;
  write_shapes(damaged / "train", 6);
  write_shapes(damaged / "val", 2, 50);
  damaged.write("train/disc/3.ppm", "this is no picture");
  EXPECT_THAT(message(damaged.path()), HasSubstr("train/disc/3.ppm"));
}

TEST_F(TrainClassifier, WithoutValidationATwelfthOfTrainIsHeldOut) {
  const TemporaryFolder folder;
  write_shapes(folder / "train", 12);
  write_shapes(folder / "test", 2, 50);
  ClassifierRecipe short_one = recipe();
  short_one.data = "folder:" + folder.path().string();
  short_one.epochs = 1;
  const Json validation = Json::parse(train(short_one, "run").metrics);
  EXPECT_EQ(validation["count"], 3);
  EXPECT_EQ(validation["split"], "val");
}

}  // namespace
}  // namespace fovea
