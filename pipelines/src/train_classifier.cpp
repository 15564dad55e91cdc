#include "fovea/pipelines/train_classifier.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <functional>
#include <nlohmann/json.hpp>
#include <optional>

#include "fovea/base/cpu_features.hpp"
#include "fovea/base/error.hpp"
#include "fovea/base/file.hpp"
#include "fovea/base/text.hpp"
#include "fovea/base/version.hpp"
#include "fovea/classification/classification_task.hpp"
#include "fovea/classification/fit_feature_classifier.hpp"
#include "fovea/classification/input_statistics.hpp"
#include "fovea/data/data_source.hpp"
#include "fovea/interchange/model_file.hpp"
#include "fovea/pipelines/catalogue.hpp"
#include "fovea/pipelines/classification_pipeline.hpp"
#include "fovea/pipelines/precision.hpp"
#include "fovea/pipelines/run_pictures.hpp"
#include "fovea/pipelines/weights.hpp"
#include "fovea/training/checkpoint.hpp"
#include "fovea/training/csv_log.hpp"
#include "fovea/training/parameter_group.hpp"
#include "run_state.hpp"
#include "training_parts.hpp"

namespace fovea {

namespace fs = std::filesystem;

namespace {

constexpr std::int64_t kStatisticsImages = 2000;

/// Throws OptionError unless `value` is one of `known`.
void require_one_of(const char* kind, const std::string& value, const std::vector<std::string>& known) {
  if (std::find(known.begin(), known.end(), value) == known.end()) throw OptionError(unknown_name_message(kind, value, known));
}

void check(const ClassifierRecipe& recipe) {
  require_one_of("task", recipe.task, {"classify"});
  require_classifier(recipe.model);
  for (const std::string& name : recipe.augment)
    require_one_of("augmentation", name, {"flip", "crop", "resized-crop", "mixup", "cutmix", "cutout"});
  parse_precision(recipe.precision);
  if (recipe.weights.empty() && !recipe.allow.empty()) throw OptionError("allowed names want weights to begin with (--weights FILE)");
  if (recipe.data.empty()) throw OptionError("no data given; expected for instance --data idx:DIR or --data folder:DIR");
  if (recipe.channels != 0 && recipe.channels != 1 && recipe.channels != 3)
    throw OptionError(fmt::format("channels are 1 (grey) or 3 (colour), found {}", recipe.channels));
  if (recipe.epochs < 1) throw OptionError(fmt::format("training takes at least 1 epoch, found {}", recipe.epochs));
  if (recipe.batch < 1) throw OptionError(fmt::format("a batch holds at least 1 image, found {}", recipe.batch));
  if (!(recipe.learning_rate >= 0))
    throw OptionError(fmt::format("the learning rate is positive (0: the optimiser's usual), found {}", recipe.learning_rate));
  check_training_parts(recipe);
}

/// The recipe with everything decided that the data or the network decide.
ClassifierRecipe resolve(ClassifierRecipe recipe, const ClassificationDataset& train) {
  const cv::Mat first = train.get(0).image;
  if (recipe.channels == 0) recipe.channels = first.channels() == 1 ? 1 : 3;
  if (recipe.image_size.empty() && first.channels() == 1) {
    recipe.image_size = fmt::format("{}x{}", first.cols, first.rows);
  } else if (recipe.image_size.empty()) {
    recipe.image_size = std::to_string(require_classifier(recipe.model).image_size);
  }
  recipe.learning_rate = learning_rate_of(recipe);
  return recipe;
}

/// Of the model file that training begins with; nothing without one, or with plain tensors, or for another number of channels.
std::optional<Preprocessing> preprocessing_of_weights(const ClassifierRecipe& recipe) {
  if (fs::path(recipe.weights).extension() != ".fovea") return std::nullopt;
  const ModelFile file = load_model_file(recipe.weights);
  const Preprocessing preprocessing =
      Preprocessing::from_json(parse_json(file.metadata.preprocessing, recipe.weights), "preprocessing of " + recipe.weights);
  if (preprocessing.channels != recipe.channels) return std::nullopt;
  return preprocessing;
}

Preprocessing preprocessing_for(const ClassifierRecipe& recipe, const ClassificationDataset& train) {
  const ImageSize size = parse_image_size(recipe.image_size);
  Preprocessing preprocessing;
  preprocessing.width = size.width;
  preprocessing.height = size.height;
  preprocessing.channels = static_cast<int>(recipe.channels);
  preprocessing.resize = resize_mode_from(recipe.resize);
  if (const std::optional<Preprocessing> earlier = preprocessing_of_weights(recipe)) {
    // Features that are known expect values of the scale that they were trained with.
    preprocessing.mean = earlier->mean;
    preprocessing.deviation = earlier->deviation;
    return preprocessing;
  }
  if (require_classifier(recipe.model).fitted) {  // designed for values in [0, 1]; what must be standardised, the classifier does itself
    preprocessing.mean.assign(static_cast<std::size_t>(recipe.channels), 0);
    preprocessing.deviation.assign(static_cast<std::size_t>(recipe.channels), 1);
    return preprocessing;
  }
  const InputStatistics statistics = measure_inputs(train, preprocessing, kStatisticsImages, recipe.seed);
  preprocessing.mean = statistics.mean;
  preprocessing.deviation = statistics.deviation;
  return preprocessing;
}

std::shared_ptr<const Augmentation> augmentation_for(const ClassifierRecipe& recipe, const Preprocessing& preprocessing) {
  std::vector<std::shared_ptr<const Augmentation>> parts;
  for (const std::string& name : recipe.augment) {
    if (name == "flip") parts.push_back(std::make_shared<RandomFlip>());
    if (name == "crop")
      parts.push_back(std::make_shared<RandomCropWithPadding>(std::max(1, std::min(preprocessing.width, preprocessing.height) / 8)));
    if (name == "resized-crop")
      parts.push_back(
          std::make_shared<RandomResizedCrop>(RandomResizedCrop::Options{.output = {preprocessing.width, preprocessing.height}}));
  }
  if (parts.empty()) return nullptr;
  return std::make_shared<AugmentationSequence>(std::move(parts));
}

/// Begins with the weights of a file. Gives the names that keep their drawn values: "head" is replaced even where the file's would fit, as
/// its classes are others.
std::vector<std::string> load_first_weights(Layer& network, const ClassifierRecipe& recipe) {
  LoadStateOptions options{.allow = recipe.allow};
  std::vector<NamedTensor> tensors = read_weights(recipe.weights);
  for (std::string& pattern : options.allow) {
    if (pattern != "head") continue;
    pattern = head_pattern(network);
    std::erase_if(tensors, [&](const NamedTensor& tensor) { return matches_pattern(tensor.name, pattern); });
  }
  return load_state(network, tensors, options, recipe.weights);
}

/// Throws OptionError when a pattern fits nothing, or nothing is left to train.
void freeze_parameters(Layer& network, const std::vector<std::string>& patterns, const std::function<void(const std::string&)>& log) {
  for (const std::string& pattern : patterns) log(fmt::format("frozen: {} parameters like \"{}\"", freeze(network, pattern), pattern));
  const std::vector<NamedParameter> parameters = network.parameters();
  const bool any =
      std::any_of(parameters.begin(), parameters.end(), [](const auto& parameter) { return parameter.variable.requires_grad(); });
  if (!patterns.empty() && !any) throw OptionError("all parameters are frozen: nothing is left to train");
}

bool holds_weights(const fs::path& out) { return fs::exists(out / "weights") && !fs::is_empty(out / "weights"); }

/// An earlier run is not overwritten. One that failed before its first batch was done has left nothing and is not in the way.
void prepare_folder(const fs::path& out) {
  if (holds_weights(out)) throw FileError(out.string(), "holds the weights of an earlier run; choose another folder or remove it");
  if (RunState::is_worth_keeping(out))
    throw FileError(out.string(), "holds an unfinished run; go on with it (--resume), choose another folder, or remove it");
  make_folder(out / "weights");
  make_folder(out / "plots");
}

/// What a killed process left half written is removed.
void prepare_folder_to_resume(const fs::path& out) {
  if (!fs::exists(out / "recipe.json")) throw FileError(out.string(), "holds no run that could be resumed: there is no recipe.json");
  if (holds_weights(out) && !StateFolder::holds_state(out / "state"))
    throw FileError(out.string(), "holds weights but no state that a training could go on from");
  for (const fs::path& folder : {out, out / "weights", out / "plots"}) remove_unfinished_files(folder);
}

/// `begun` is nothing when the run was interrupted before it had a state: then it has but a recipe, and begins at its beginning.
void require_same_run(const std::optional<RunFacts>& begun, const RunFacts& now, const fs::path& out,
                      const std::function<void(const std::string&)>& log) {
  const fs::path file = out / "recipe.json";
  require_same_recipe(begun ? begun->recipe : ClassifierRecipe::from_json(read_json_file(file), file.string()).to_json(), now.recipe);
  if (!begun) return;
  require_same_data(begun->data, now.data);
  if (begun->instructions != now.instructions)
    log(fmt::format("the run began with {} instructions and goes on with {}: the last bits will differ", begun->instructions,
                    now.instructions));
}

void write_recipe(const fs::path& file, const ClassifierRecipe& recipe) {
  Json json = recipe.to_json();
  json["fovea_version"] = version();
  json["machine"] = fmt::format("{}, {}", cpu_name(), name_of(active_isa()));
  write_json_file(file, json);
}

/// Facts that a model file keeps of its training.
Json training_facts(const ClassifierRecipe& recipe) {
  return {{"data", recipe.data}, {"precision", recipe.precision}, {"seed", recipe.seed}};
}

std::string training_facts(const ClassifierRecipe& recipe, const EpochReport& report) {
  Json json = {{"epoch", report.epoch + 1}, {"epochs", report.epochs}, {"train_loss", report.train_loss}};
  json.update(training_facts(recipe));
  for (const auto& [name, value] : report.validation) json[name] = value;
  return json.dump();
}

/// What learns from what.
struct Run {
  const ClassifierRecipe& recipe;
  const TrainEnvironment& environment;
  ClassificationPipeline& pipeline;
  const ClassificationDataset &train, &validation;
  ClassificationTaskOptions options;
  RunFacts facts;
  RunState* state;  ///< null for what is fitted at once

  fs::path weights(const char* name) const { return environment.out / "weights" / name; }
  void log(const std::string& line) const {
    if (environment.log) environment.log(line);
  }
};

/// Puts the training where the run was interrupted, if it was.
void go_on(const Run& run, Trainer& trainer, std::int64_t batches) {
  run.state->restore(trainer);
  if (trainer.epochs_done() == 0 && trainer.batches_done() == 0) return;
  if (trainer.summary().best_epoch >= 0 && !fs::exists(run.weights("best.fovea")))
    throw FileError(run.weights("best.fovea").string(),
                    fmt::format("is missing: the weights of the best epoch so far, {}", trainer.summary().best_epoch + 1));
  run.log(trainer.epochs_done() == run.recipe.epochs
              ? fmt::format("all {} epochs are done: nothing is left to train", run.recipe.epochs)
              : fmt::format("goes on in epoch {} of {}, after batch {} of {}", trainer.epochs_done() + 1, run.recipe.epochs,
                            trainer.batches_done(), batches));
}

/// Says where the batch is that stopped the training.
std::string save_replay(const Run& run, const TrainingState& replay) {
  try {
    const fs::path file = run.state->save_replay(replay, run.facts);
    return fmt::format("the batch is kept: fovea train --replay {} runs it again", file.string());
  } catch (const FileError& error) {
    return fmt::format("the batch could not be kept: {}", error.what());
  }
}

/// In epochs of steps; leaves the best epoch's weights, and the last one's.
TrainingSummary train_network(const Run& run) {
  const ClassifierRecipe& recipe = run.recipe;
  ClassificationTask task(run.pipeline.network(), run.train, run.validation, run.options);
  const std::unique_ptr<Optimizer> optimizer = optimizer_for(recipe, run.pipeline.network().parameters());
  const std::int64_t updates = (task.steps_per_epoch() + recipe.accumulate - 1) / recipe.accumulate;
  const ScheduleChoice rates = schedule_for(recipe, updates);
  Trainer trainer(task, *optimizer, rates.schedule,
                  {.epochs = recipe.epochs,
                   .selection_metric = "val_top1",
                   .accumulate = recipe.accumulate,
                   .plateau = rates.plateau,
                   .plateau_metric = rates.plateau_metric,
                   .saving = {.save = [&](const TrainingState& state) { run.state->save(state, run.facts); },
                              .seconds = run.environment.save_seconds,
                              .batches = run.environment.save_batches,
                              .save_replay = [&](const TrainingState& replay) { return save_replay(run, replay); }},
                   .stop = run.environment.stop,
                   .detect_anomaly = run.environment.detect_anomaly});
  add_step_hooks(trainer, *optimizer, recipe);
  const fs::path& out = run.environment.out;
  trainer.add_hook(std::make_shared<CheckpointHook>(out / "weights", [&](const fs::path& path, const EpochReport& report) {
    run.pipeline.set_training(training_facts(recipe, report));
    run.pipeline.save(path);
  }));
  trainer.add_hook(std::make_shared<CsvLogHook>(out / "results.csv"));
  trainer.add_hook(std::make_shared<LearningCurvesHook>(out / "plots" / "learning_curves.png"));
  for (const auto& hook : run.environment.hooks) trainer.add_hook(hook);
  go_on(run, trainer, task.steps_per_epoch());
  const TrainingSummary summary = trainer.run();
  if (summary.stopped)
    run.log(fmt::format("stopped in epoch {} of {}, after batch {} of {}", trainer.epochs_done() + 1, recipe.epochs, trainer.batches_done(),
                        task.steps_per_epoch()));
  return summary;
}

/// All at once: there are no epochs to log, and the last weights are the best.
TrainingSummary fit_features(const Run& run, FeatureClassifier& classifier) {
  const auto start = std::chrono::steady_clock::now();
  fit_feature_classifier(classifier, run.train, run.options.batches);
  run.pipeline.set_training(training_facts(run.recipe).dump());
  for (const char* name : {"best.fovea", "last.fovea"}) run.pipeline.save(run.weights(name));
  return {.best_epoch = 0, .seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count()};
}

/// The best weights on the validation split: validation.json and the confusion matrix.
void judge_best_weights(const Run& run, TrainClassifierResult& result) {
  ClassificationPipeline best = ClassificationPipeline::load(result.best);
  best.set_precision(run.options.precision);
  try {
    const ClassificationMetrics metrics = best.evaluate(run.validation, run.recipe.batch, run.environment.workers, run.environment.stop);
    if (run.state == nullptr) result.summary.best_value = metrics.top1;  // fitted: there were no epochs
    save_confusion_matrix(run.environment.out / "plots", metrics);
    const Json json = to_json(metrics, {.split = "val", .model = result.best.string(), .fovea_version = version()});
    write_json_file(run.environment.out / "validation.json", json);
    result.metrics = to_text(json);
  } catch (const Stopped&) {
    result.summary.stopped = true;
  }
}

}  // namespace

TrainClassifierResult train_classifier(const ClassifierRecipe& wanted, const TrainEnvironment& environment) {
  check(wanted);
  const auto log = [&](const std::string& line) {
    if (environment.log) environment.log(line);
  };
  const ClassificationData data = open_classification_data(wanted.data, {.seed = wanted.seed, .names_file = wanted.names});
  for (const std::string& note : data.notes) log(note);
  const ClassificationDataset& train = data.require("train");
  const ClassificationDataset& validation = data.require("val");
  const ClassifierRecipe recipe = resolve(wanted, train);
  const bool fitted = require_classifier(recipe.model).fitted;

  RunFacts facts{.recipe = recipe.to_json(), .data = data_facts(train, validation), .instructions = std::string(name_of(active_isa()))};
  std::optional<RunState> state;
  std::optional<RunFacts> begun;
  if (environment.resume) {
    prepare_folder_to_resume(environment.out);
    if (!fitted) begun = state.emplace(environment.out).load(log);
    require_same_run(begun, facts, environment.out, log);
  }
  const Preprocessing preprocessing =
      begun ? Preprocessing::from_json(begun->preprocessing, "preprocessing of the state") : preprocessing_for(recipe, train);
  facts.preprocessing = preprocessing.to_json();

  const NetworkInput input{.height = preprocessing.height, .width = preprocessing.width, .channels = preprocessing.channels};
  Json architecture = network_architecture(recipe.model, input, static_cast<std::int64_t>(data.labels.size()),
                                           parse_json(recipe.model_options, "model options"));
  if (architecture.contains("samples")) architecture["samples"] = train.size();
  ClassificationPipeline pipeline(build_classifier(architecture, "architecture"), architecture.dump(), preprocessing, data.labels);
  initialize(pipeline.network(), recipe.seed);
  const bool loads_weights = !recipe.weights.empty() && !begun;  // the state has better ones
  const std::vector<std::string> left = loads_weights ? load_first_weights(pipeline.network(), recipe) : std::vector<std::string>();
  freeze_parameters(pipeline.network(), recipe.freeze, log);
  if (!environment.resume) {
    prepare_folder(environment.out);
    write_recipe(environment.out / "recipe.json", recipe);
  }
  if (!fitted && !state) state.emplace(environment.out);
  log(fmt::format("{}: {} parameters, input {}x{}x{}, {} classes", recipe.model, pipeline.network().parameter_count(), preprocessing.width,
                  preprocessing.height, preprocessing.channels, data.labels.size()));

  if (loads_weights) log(fmt::format("weights of {}", recipe.weights));
  if (!left.empty()) log(fmt::format("begins anew: {}", fmt::join(left, ", ")));

  const ClassificationTaskOptions options{.batches = {.preprocessing = preprocessing,
                                                      .augmentation = augmentation_for(recipe, preprocessing),
                                                      .mixing = mixing_for(recipe),
                                                      .batch = recipe.batch,
                                                      .seed = recipe.seed,
                                                      .workers = environment.workers},
                                          .label_smoothing = recipe.label_smoothing,
                                          .precision = parse_precision(recipe.precision),
                                          .stop = environment.stop};
  const Run run{recipe, environment, pipeline, train, validation, options, facts, state ? &*state : nullptr};
  auto* const classical = dynamic_cast<FeatureClassifier*>(&pipeline.network());
  TrainClassifierResult result;
  result.summary = classical != nullptr ? fit_features(run, *classical) : train_network(run);
  result.best = run.weights("best.fovea");
  if (!result.summary.stopped) judge_best_weights(run, result);
  return result;
}

}  // namespace fovea
