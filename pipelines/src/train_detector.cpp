#include "fovea/pipelines/train_detector.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <nlohmann/json.hpp>
#include <optional>

#include "fovea/base/cpu_features.hpp"
#include "fovea/base/error.hpp"
#include "fovea/base/file.hpp"
#include "fovea/base/version.hpp"
#include "fovea/detection/detection_task.hpp"
#include "fovea/interchange/model_file.hpp"
#include "fovea/pipelines/detector_catalogue.hpp"
#include "fovea/pipelines/precision.hpp"
#include "fovea/pipelines/run_pictures.hpp"
#include "fovea/training/averaged_validation.hpp"
#include "fovea/training/checkpoint.hpp"
#include "fovea/training/csv_log.hpp"
#include "fovea/training/training_log.hpp"
#include "fovea/vision/augmentation_recipe.hpp"
#include "training_parts.hpp"

namespace fovea {

namespace fs = std::filesystem;

namespace {

/// What a recipe may say of classifiers only is an error, never passed over.
void check_detector_recipe(const DetectorRecipe& recipe) {
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
  refuse(r.channels != 0 && r.channels != 3, "channels");
  for (const std::string& name : r.augment)
    for (const char* of_batches : {"mixup", "cutmix", "cutout"}) refuse(name == of_batches, of_batches);
  if (r.data.empty()) throw OptionError("no data given; expected for instance --data coco:FILE.json or --data voc:DIR");
  if (r.epochs < 1) throw OptionError(fmt::format("training takes at least 1 epoch, found {}", r.epochs));
}

/// The recipe with everything decided that its other parts decide.
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

DetectionTaskOptions task_options(const DetectorRecipe& recipe, const Preprocessing& preprocessing, const TrainEnvironment& environment) {
  const ClassifierRecipe& r = recipe.training;
  const Json list = r.picture_augmentations();
  return {
      .batches = {.preprocessing = preprocessing,
                  .augmentation = list.empty() ? nullptr : augmentation_from(list, {preprocessing.width, preprocessing.height}, "augment"),
                  .mosaic = recipe.mosaic,
                  .annotations = {.smallest_visible = recipe.min_visible},
                  .batch = r.batch,
                  .seed = r.seed,
                  .workers = environment.workers},
      .precision = parse_precision(r.precision),
      .stop = environment.stop};
}

void begin_folder(const fs::path& out, const DetectorRecipe& recipe) {
  if (fs::exists(out / "weights") && !fs::is_empty(out / "weights"))
    throw FileError(out.string(), "holds the weights of an earlier run; choose another folder or remove it");
  make_folder(out / "weights");
  make_folder(out / "plots");
  Json json = recipe.to_json();
  json["fovea_version"] = version();
  json["machine"] = fmt::format("{}, {}", cpu_name(), name_of(active_isa()));
  write_json_file(out / "recipe.json", json);
}

/// Facts that a model file keeps of its training.
std::string training_facts(const DetectorRecipe& recipe, const EpochReport& report) {
  Json json = {{"epoch", report.epoch + 1},
               {"epochs", report.epochs},
               {"train_loss", report.train_loss},
               {"data", recipe.training.data},
               {"split", recipe.train_split},
               {"seed", recipe.training.seed},
               {"precision", recipe.training.precision}};
  for (const auto& [name, value] : report.validation) json[name] = value;
  return json.dump();
}

/// How many objects each class has: what is rare is seldom found.
void log_balance(const AnnotatedDataset& data, const std::string& split, const std::function<void(const std::string&)>& log) {
  std::vector<std::int64_t> counts(data.names().size());
  for (const DetectionAnnotation& object : data.data().annotations)
    if (!object.is_crowd) ++counts[static_cast<std::size_t>(object.category)];
  std::string line = fmt::format("{}: {} images;", split, data.size());
  for (std::size_t i = 0; i < counts.size(); ++i) line += fmt::format(" {} {}", data.names()[i], counts[i]);
  log(line);
}

TrainingSummary run_epochs(const DetectorRecipe& recipe, const TrainEnvironment& environment, TrainedDetector& detector,
                           DetectionTask& plain_task) {
  const ClassifierRecipe& r = recipe.training;
  const std::unique_ptr<Optimizer> optimizer = optimizer_for(r, detector.network->parameters());
  std::optional<AveragedValidation> averaged;
  if (r.ema_decay > 0) averaged.emplace(plain_task, optimizer->parameters(), WeightAverageOptions{.decay = r.ema_decay});
  TrainingTask& task = averaged ? static_cast<TrainingTask&>(*averaged) : plain_task;
  const ScheduleChoice rates = schedule_for(r, (task.steps_per_epoch() + r.accumulate - 1) / r.accumulate);
  Trainer trainer(task, *optimizer, rates.schedule,
                  {.epochs = r.epochs,
                   .selection_metric = r.metric,
                   .larger_is_better = r.metric.find("AP") != std::string::npos,
                   .patience = r.patience,
                   .accumulate = r.accumulate,
                   .plateau = rates.plateau,
                   .plateau_metric = rates.plateau_metric,
                   .stop = environment.stop,
                   .detect_anomaly = environment.detect_anomaly});
  const auto save = [&](const fs::path& path, const EpochReport& report) {
    std::optional<AveragedWeightsGuard> averages;
    if (selects_averages(r)) averages.emplace(averaged->average());
    detector.training = training_facts(recipe, report);
    detector.save(path);
  };
  const fs::path& out = environment.out;
  begin_folder(out, recipe);  // now that everything is known to fit
  trainer.add_hook(std::make_shared<TrainingLogHook>(out, optimizer->parameters(), TrainingLogOptions{.every = r.log_every}));
  add_step_hooks(trainer, *optimizer, r);
  if (averaged) trainer.add_hook(averaged->hook());
  trainer.add_hook(std::make_shared<CheckpointHook>(out / "weights", save));
  trainer.add_hook(std::make_shared<CsvLogHook>(out / "results.csv"));
  trainer.add_hook(std::make_shared<LearningCurvesHook>(out));
  for (const auto& hook : environment.hooks) trainer.add_hook(hook);
  return trainer.run();
}

}  // namespace

TrainedDetector TrainedDetector::load(const fs::path& path) {
  const std::string where = path.string();
  const ModelFile file = load_model_file(path);
  if (file.metadata.task != "detect")
    throw FileError(where, fmt::format("holds a model for the task \"{}\", expected a detector (\"detect\")", file.metadata.task));
  return from(file, where);
}

TrainedDetector TrainedDetector::from(const ModelFile& file, const std::string& where) {
  try {
    TrainedDetector detector{.architecture = file.metadata.architecture,
                             .preprocessing = Preprocessing::from_json(parse_json(file.metadata.preprocessing, where), "preprocessing"),
                             .labels = file.metadata.labels,
                             .training = file.metadata.training};
    detector.network = build_detector(parse_json(detector.architecture, "architecture"), "architecture");
    load_state(file.tensors, detector.network->state_dict(), where);
    detector.network->eval();
    return detector;
  } catch (const FileError&) {
    throw;
  } catch (const Error& error) {  // what would be a wrong option or shape elsewhere is a damaged file here
    throw FileError(where, error.what());
  }
}

void TrainedDetector::save(const fs::path& path) const {
  save_model(path, network->state_dict(),
             {.task = "detect",
              .architecture = architecture,
              .labels = labels,
              .preprocessing = preprocessing.to_json().dump(),
              .training = training});
}

TrainDetectorResult train_detector(const DetectorRecipe& wanted, const TrainEnvironment& environment) {
  check_detector_recipe(wanted);
  if (environment.resume) throw OptionError("a detector's training cannot be resumed yet");
  const DetectorRecipe recipe = resolved(wanted);
  const ClassifierRecipe& r = recipe.training;
  const AnnotatedDataset train(r.data, {.split = recipe.train_split, .names = {}, .image_root = {}});
  const AnnotatedDataset validation(recipe.val_data.empty() ? r.data : recipe.val_data,
                                    {.split = recipe.val_split, .names = {}, .image_root = {}});
  const auto log = [&](const std::string& line) {
    if (environment.log) environment.log(line);
  };
  if (validation.names() != train.names())
    throw OptionError(fmt::format("the validation data has the classes [{}] but the training data has [{}]",
                                  fmt::join(validation.names(), ", "), fmt::join(train.names(), ", ")));
  TrainedDetector detector{
      .architecture = detector_architecture(r.model, std::ssize(train.names()), parse_json(r.model_options, "model options")).dump(),
      .preprocessing = preprocessing_for(r),
      .labels = train.names()};
  detector.network = build_detector(parse_json(detector.architecture, "architecture"), "architecture");
  initialize(*detector.network, r.seed);
  DetectionTask task(*detector.network, train, validation, task_options(recipe, detector.preprocessing, environment));
  log(fmt::format("{}: {} parameters, input {}x{}, {} classes", r.model, detector.network->parameter_count(), detector.preprocessing.width,
                  detector.preprocessing.height, detector.labels.size()));
  log_balance(train, recipe.train_split, log);
  log_balance(validation, recipe.val_split, log);
  return {
      .best = environment.out / "weights" / "best.fovea", .summary = run_epochs(recipe, environment, detector, task), .metric = r.metric};
}

}  // namespace fovea
