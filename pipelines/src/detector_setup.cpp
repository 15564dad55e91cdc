#include "detector_setup.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <nlohmann/json.hpp>

#include "fovea/base/error.hpp"
#include "fovea/pipelines/detector_catalogue.hpp"
#include "fovea/pipelines/precision.hpp"
#include "fovea/vision/augmentation_recipe.hpp"
#include "training_parts.hpp"

namespace fovea {

namespace {

void check_recipe(const DetectorRecipe& recipe) {
  const ClassifierRecipe& r = recipe.training;
  if (recipe.val_data.empty() && (r.data.starts_with("coco:") || r.data.starts_with("boxtxt-")))
    throw OptionError(fmt::format("{} has no splits: say \"val_data\" too", r.data));
  const auto refuse = [](bool given, const char* key) {
    if (given) throw OptionError(fmt::format("\"{}\" does not apply to detectors", key));
  };
  if (r.task != "detect") throw OptionError(fmt::format("the recipe is for the task \"{}\", expected \"detect\"", r.task));
  require_detector(r.model);
  refuse(r.label_smoothing != 0, "label_smoothing");
  refuse(r.folds != 0, "folds");
  refuse(r.snapshots, "snapshots");
  refuse(!r.weights.empty(), "weights");
  refuse(!r.freeze.empty(), "freeze");
  refuse(r.cache_features, "cache_features");
  refuse(r.channels != 0 && r.channels != 3, "channels");
  for (const std::string& name : r.augment)
    for (const char* of_batches : {"mixup", "cutmix", "cutout"}) refuse(name == of_batches, of_batches);
  if (r.data.empty()) throw OptionError("no data given; expected for instance --data coco:FILE.json or --data voc:DIR");
  if (r.epochs < 1) throw OptionError(fmt::format("training takes at least 1 epoch, found {}", r.epochs));
}

DetectorRecipe resolved(DetectorRecipe recipe) {
  ClassifierRecipe& r = recipe.training;
  if (r.image_size.empty()) r.image_size = std::to_string(require_detector(r.model).image_size);
  r.channels = 3;
  r.learning_rate = learning_rate_of(r);
  if (r.metric.empty()) r.metric = r.ema_decay > 0 ? "ema_val_AP50" : "val_AP50";
  return recipe;
}

/// Pixels in 0..1, as Darknet has them: batch norm does the rest.
Preprocessing preprocessing_for(const ClassifierRecipe& recipe) {
  const ImageSize size = parse_image_size(recipe.image_size);
  return {.width = size.width,
          .height = size.height,
          .channels = 3,
          .resize = resize_mode_from(recipe.resize),
          .mean = {0, 0, 0},
          .deviation = {1, 1, 1}};
}

DetectionTaskOptions options_for(const DetectorRecipe& recipe, const TrainedDetector& detector, const TrainEnvironment& environment) {
  const ClassifierRecipe& r = recipe.training;
  const Preprocessing& preprocessing = detector.preprocessing;
  const Json list = r.picture_augmentations();
  MultiScaleOptions multi_scale = recipe.multi_scale;
  multi_scale.stride = detector.network->largest_stride();
  return {
      .batches = {.preprocessing = preprocessing,
                  .augmentation = list.empty() ? nullptr : augmentation_from(list, {preprocessing.width, preprocessing.height}, "augment"),
                  .mosaic = recipe.mosaic,
                  .annotations = {.smallest_visible = recipe.min_visible},
                  .multi_scale = multi_scale,
                  .batch = r.batch,
                  .seed = r.seed,
                  .workers = environment.workers},
      .precision = parse_precision(r.precision),
      .stop = environment.stop};
}

TrainedDetector new_detector(const ClassifierRecipe& recipe, const std::vector<std::string>& labels) {
  TrainedDetector detector{
      .architecture = detector_architecture(recipe.model, std::ssize(labels), parse_json(recipe.model_options, "model options")).dump(),
      .preprocessing = preprocessing_for(recipe),
      .labels = labels};
  detector.network = build_detector(parse_json(detector.architecture, "architecture"), "architecture");
  initialize(*detector.network, recipe.seed);
  return detector;
}

}  // namespace

DetectorSetup set_up_detector(const DetectorRecipe& wanted, const TrainEnvironment& environment) {
  check_recipe(wanted);
  DetectorRecipe recipe = resolved(wanted);
  const ClassifierRecipe& r = recipe.training;
  AnnotatedDataset train(r.data, {.split = recipe.train_split, .names = {}, .image_root = {}});
  AnnotatedDataset validation(recipe.val_data.empty() ? r.data : recipe.val_data,
                              {.split = recipe.val_split, .names = {}, .image_root = {}});
  if (validation.names() != train.names())
    throw OptionError(fmt::format("the validation data has the classes [{}] but the training data has [{}]",
                                  fmt::join(validation.names(), ", "), fmt::join(train.names(), ", ")));
  TrainedDetector detector = new_detector(r, train.names());
  DetectionTaskOptions options = options_for(recipe, detector, environment);
  const DetectionTask task(*detector.network, train, validation, options);  // which refuses what is wrong with them
  check_training_parts(r, task.metric_names());
  return {.recipe = std::move(recipe),
          .train = std::move(train),
          .validation = std::move(validation),
          .detector = std::move(detector),
          .options = std::move(options)};
}

}  // namespace fovea
