#include "fovea/pipelines/classifier_recipe.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "fovea/base/error.hpp"
#include "fovea/pipelines/detector_recipe.hpp"
#include "messages.hpp"

namespace fovea {
namespace {

using test::message_of;
using testing::AllOf;
using testing::HasSubstr;

/// No member has its default.
ClassifierRecipe unusual_recipe() {
  return {.data = "folder:pictures",
          .names = "names.txt",
          .model = "resnet-mini",
          .model_options = R"({"blocks":3})",
          .weights = "first.fovea",
          .freeze = {"conv1.*"},
          .allow = {"head", "aux*"},
          .cache_features = true,
          .epochs = 7,
          .batch = 9,
          .image_size = "20x30",
          .channels = 3,
          .resize = "letterbox",
          .augment = {"flip", R"({"name":"affine","degrees":20.0})"},
          .reduced_decoding = false,
          .mixup_alpha = 0.4,
          .cutmix_alpha = 0.6,
          .cutout_share = 0.25,
          .optimizer = "adamw",
          .optimizer_options = R"({"beta1":0.8})",
          .learning_rate = 0.1 + 0.2,
          .momentum = 0.8,
          .nesterov = false,
          .weight_decay = 1e-300,
          .schedule = "step",
          .schedule_options = R"({"warmup":"constant","warmup_factor":0.5})",
          .warmup_epochs = 1.25,
          .step_epochs = 2.5,
          .step_factor = 1.0 / 3,
          .label_smoothing = 0.05,
          .accumulate = 3,
          .clip_norm = 1.5,
          .clip_value = 2.5,
          .l1 = 1e-5,
          .max_norm = 4,
          .ema_decay = 0.99,
          .metric = "val_loss",
          .patience = 5,
          .snapshots = true,
          .folds = 4,
          .fold = 3,
          .groups = R"([{"pattern":"fc.*","rate_factor":0.1}])",
          .log_every = 7,
          .precision = "bf16",
          .seed = 0xFFFF'FFFF'FFFF'FFFF,
          .data_seed = 5};
}

TEST(ClassifierRecipe, ReadsBackWhatItWrites) {
  const ClassifierRecipe recipe = unusual_recipe();
  const ClassifierRecipe read = ClassifierRecipe::from_json(parse_json(to_text(recipe.to_json()), "test"), "test");
  EXPECT_EQ(read.data, recipe.data);
  EXPECT_EQ(read.names, recipe.names);
  EXPECT_EQ(read.model, recipe.model);
  EXPECT_EQ(read.model_options, recipe.model_options);
  EXPECT_EQ(read.weights, recipe.weights);
  EXPECT_EQ(read.freeze, recipe.freeze);
  EXPECT_EQ(read.cache_features, recipe.cache_features);
  EXPECT_EQ(read.allow, recipe.allow);
  EXPECT_EQ(read.epochs, recipe.epochs);
  EXPECT_EQ(read.batch, recipe.batch);
  EXPECT_EQ(read.image_size, recipe.image_size);
  EXPECT_EQ(read.channels, recipe.channels);
  EXPECT_EQ(read.resize, recipe.resize);
  EXPECT_EQ(read.augment, recipe.augment);
  EXPECT_EQ(read.optimizer, recipe.optimizer);
  EXPECT_EQ(read.learning_rate, recipe.learning_rate);
  EXPECT_EQ(read.momentum, recipe.momentum);
  EXPECT_EQ(read.nesterov, recipe.nesterov);
  EXPECT_EQ(read.weight_decay, recipe.weight_decay);
  EXPECT_EQ(read.schedule, recipe.schedule);
  EXPECT_EQ(read.warmup_epochs, recipe.warmup_epochs);
  EXPECT_EQ(read.step_epochs, recipe.step_epochs);
  EXPECT_EQ(read.step_factor, recipe.step_factor);
  EXPECT_EQ(read.label_smoothing, recipe.label_smoothing);
  EXPECT_EQ(read.mixup_alpha, recipe.mixup_alpha);
  EXPECT_EQ(read.cutmix_alpha, recipe.cutmix_alpha);
  EXPECT_EQ(read.cutout_share, recipe.cutout_share);
  EXPECT_EQ(read.optimizer_options, recipe.optimizer_options);
  EXPECT_EQ(read.schedule_options, recipe.schedule_options);
  EXPECT_EQ(read.accumulate, recipe.accumulate);
  EXPECT_EQ(read.clip_norm, recipe.clip_norm);
  EXPECT_EQ(read.clip_value, recipe.clip_value);
  EXPECT_EQ(read.l1, recipe.l1);
  EXPECT_EQ(read.max_norm, recipe.max_norm);
  EXPECT_EQ(read.ema_decay, recipe.ema_decay);
  EXPECT_EQ(read.metric, recipe.metric);
  EXPECT_EQ(read.patience, recipe.patience);
  EXPECT_EQ(read.snapshots, recipe.snapshots);
  EXPECT_EQ(read.folds, recipe.folds);
  EXPECT_EQ(read.fold, recipe.fold);
  EXPECT_EQ(read.log_every, recipe.log_every);
  EXPECT_EQ(read.groups, recipe.groups);
  EXPECT_EQ(read.precision, recipe.precision);
  EXPECT_EQ(read.seed, recipe.seed);
  EXPECT_EQ(read.data_seed, recipe.data_seed);
}

TEST(ClassifierRecipe, EveryKeyIsWrittenAndCounts) {
  const Json unusual = unusual_recipe().to_json(), usual = ClassifierRecipe{}.to_json();
  for (const auto& [key, value] : unusual.items()) {
    if (key == "task") continue;  // there is one task
    EXPECT_NE(value, usual[key]) << key << " is not unusual: the test above would not see it lost";
    EXPECT_EQ(ClassifierRecipe::from_json({{key, value}}, "test").to_json()[key], value);
  }
}

TEST(ClassifierRecipe, MissingKeysKeepTheirDefaults) {
  EXPECT_EQ(ClassifierRecipe::from_json(Json::object(), "test").to_json(), ClassifierRecipe{}.to_json());
  EXPECT_EQ(ClassifierRecipe::from_json({{"epochs", 3}}, "test").epochs, 3);
}

TEST(ClassifierRecipe, TakesWhatRunFoldersAdd) {
  EXPECT_EQ(ClassifierRecipe::from_json({{"fovea_version", "9"}, {"machine", "m"}, {"batch", 5}}, "test").batch, 5);
}

TEST(ClassifierRecipe, UnknownKeyNamesTheNearest) {
  EXPECT_THAT(message_of<OptionError>([] {
                ClassifierRecipe::from_json({{"epoch", 3}}, "my.json");
              }),
              AllOf(HasSubstr("my.json"), HasSubstr("\"epoch\""), HasSubstr("did you mean \"epochs\"")));
  EXPECT_THAT(message_of<OptionError>([] {
                ClassifierRecipe::from_json({{"learningrate", 3}}, "my.json");
              }),
              HasSubstr("did you mean \"learning_rate\""));
}

TEST(ClassifierRecipe, ValuesOfTheWrongKindAreErrors) {
  const auto message = [](const char* text) {
    return message_of<OptionError>([&] { ClassifierRecipe::from_json(Json::parse(text), "my.json"); });
  };
  EXPECT_THAT(message(R"({"epochs":"six"})"), AllOf(HasSubstr("my.json"), HasSubstr("epochs is \"six\""), HasSubstr("a whole number")));
  EXPECT_THAT(message(R"({"epochs":2.5})"), HasSubstr("a whole number"));
  EXPECT_THAT(message(R"({"seed":-1})"), HasSubstr("at least 0"));
  EXPECT_THAT(message(R"({"model":5})"), HasSubstr("a text"));
  EXPECT_THAT(message(R"({"nesterov":1})"), HasSubstr("true or false"));
  EXPECT_THAT(message(R"({"augment":"flip"})"), HasSubstr("augment is a list"));
  EXPECT_THAT(message(R"({"learning_rate":null})"), HasSubstr("a number"));
  EXPECT_THAT(message(R"(["epochs"])"), HasSubstr("expected a JSON object, found array"));
}

TEST(ClassifierRecipe, ReadsTheRecipesThatComeWithFovea) {
  int count = 0;
  for (const auto& entry : std::filesystem::directory_iterator(FOVEA_RECIPES)) {
    const Json json = read_json_file(entry.path());
    const bool is_detector = json.value("task", "classify") == "detect";
    const std::string where = entry.path().string();
    const ClassifierRecipe recipe =
        is_detector ? DetectorRecipe::from_json(json, where).training : ClassifierRecipe::from_json(json, where);
    EXPECT_GE(recipe.epochs, 1) << entry.path();
    ++count;
  }
  EXPECT_GE(count, 2);
}

TEST(ImageSize, IsOneNumberOrTwo) {
  EXPECT_EQ(parse_image_size("28").width, 28);
  EXPECT_EQ(parse_image_size("28").height, 28);
  EXPECT_EQ(parse_image_size("64x48").width, 64);
  EXPECT_EQ(parse_image_size("64x48").height, 48);
  EXPECT_EQ(parse_image_size("16384x1").width, 16384);
}

TEST(ImageSize, RefusesEverythingElse) {
  for (const char* text :
       {"", "x", "28x", "x28", "0", "-3", "28x0", "16385", "99999999999", "2.5", "28 ", " 28", "28X28", "28x28x3", "+5", "a"})
    EXPECT_THAT(message_of<OptionError>([&] { parse_image_size(text); }), HasSubstr("image size \"" + std::string(text) + "\"")) << text;
}

}  // namespace
}  // namespace fovea
