#include "fovea/pipelines/train_classifier.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <chrono>
#include <nlohmann/json.hpp>
#include <optional>

#include "fovea/autograd/ops/cast.hpp"
#include "fovea/base/cpu_features.hpp"
#include "fovea/base/error.hpp"
#include "fovea/base/file.hpp"
#include "fovea/base/version.hpp"
#include "fovea/classification/fit_feature_classifier.hpp"
#include "fovea/nn/dead_channels.hpp"
#include "fovea/pipelines/catalogue.hpp"
#include "fovea/pipelines/run_pictures.hpp"
#include "fovea/training/averaged_validation.hpp"
#include "fovea/training/checkpoint.hpp"
#include "fovea/training/csv_log.hpp"
#include "fovea/training/training_log.hpp"
#include "fovea/vision/image_loader.hpp"
#include "run_hooks.hpp"
#include "run_state.hpp"
#include "sanity_parts.hpp"
#include "training_parts.hpp"
#include "training_setup.hpp"

namespace fovea {

namespace fs = std::filesystem;

namespace {

bool is_log(const fs::path& file) {
  const std::string name = file.filename().string();
  return name == "log.jsonl" || name.starts_with("events.out.tfevents.");
}

/// Of a run that left nothing else: logs are gone on with only where its state says how far they are good.
void remove_logs(const fs::path& out) {
  std::vector<fs::path> stale;
  for (const auto& entry : fs::directory_iterator(out))
    if (is_log(entry.path())) stale.push_back(entry.path());
  for (const fs::path& file : stale) fs::remove(file);
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
  // Through the recipe: what a version before this one did not know has its default.
  require_same_recipe(ClassifierRecipe::from_json(begun ? begun->recipe : read_json_file(file), file.string()).to_json(), now.recipe);
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
  return {{"data", recipe.data}, {"precision", recipe.precision}, {"seed", recipe.seed}, {"data_seed", recipe.split_seed()}};
}

std::string training_facts(const ClassifierRecipe& recipe, const EpochReport& report) {
  Json json = {{"epoch", report.epoch + 1}, {"epochs", report.epochs}, {"train_loss", report.train_loss}};
  json.update(training_facts(recipe));
  for (const auto& [name, value] : report.validation) json[name] = value;
  return json.dump();
}

/// What learns, and where it leaves its files.
struct Run {
  TrainingSetup& setup;
  const TrainEnvironment& environment;
  RunFacts facts;
  RunState* state;  ///< null for what is fitted at once
  bool goes_on;     ///< from a state

  fs::path weights(const std::string& name) const { return environment.out / "weights" / name; }
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
  run.log(trainer.epochs_done() == run.setup.recipe.epochs
              ? fmt::format("all {} epochs are done: nothing is left to train", run.setup.recipe.epochs)
              : fmt::format("goes on in epoch {} of {}, after batch {} of {}", trainer.epochs_done() + 1, run.setup.recipe.epochs,
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

/// Entries that log.jsonl begins with: what is trained on what.
Json run_facts(TrainingSetup& setup, std::int64_t updates_per_epoch) {
  const ClassifierRecipe& recipe = setup.recipe;
  return {{"event", "run"},
          {"fovea_version", version()},
          {"model", recipe.model},
          {"parameters", setup.pipeline.network().parameter_count()},
          {"classes", setup.data.labels.size()},
          {"train_images", setup.train().size()},
          {"val_images", setup.validation().size()},
          {"batch", recipe.batch},
          {"epochs", recipe.epochs},
          {"updates_per_epoch", updates_per_epoch},
          {"optimizer", recipe.optimizer},
          {"schedule", recipe.schedule},
          {"label_smoothing", recipe.label_smoothing}};
}

/// The first training images, as they are: what dead channels are looked for with.
Tensor probe_batch(TrainingSetup& setup) {
  constexpr std::int64_t kProbeImages = 128;
  std::vector<std::int64_t> order = epoch_order(setup.train().size(), setup.recipe.seed, 0);
  order.resize(std::min(order.size(), static_cast<std::size_t>(kProbeImages)));
  ImageBatchOptions plain = setup.options.batches;
  plain.augmentation = nullptr;
  plain.mixing = {};
  plain.batch = kProbeImages;
  plain.workers = 0;
  return load_batches(setup.train(), order, 0, plain)->next().images;
}

std::shared_ptr<TrainingLogHook> log_hook_for(const Run& run, const Optimizer& optimizer, std::int64_t updates_per_epoch) {
  Layer& network = run.setup.pipeline.network();
  TrainingLogOptions options{.every = run.setup.recipe.log_every};
  if (!run.setup.recipe.cache_features)  // there the probe would run through all that is frozen, in every epoch
    options.dead_channels = [&network, probe = probe_batch(run.setup), precision = run.setup.options.precision] {
      return dead_channels(network, cast(Variable(probe), precision));
    };
  auto hook = std::make_shared<TrainingLogHook>(run.environment.out, optimizer.parameters(), std::move(options));
  hook->add(run_facts(run.setup, updates_per_epoch));
  return hook;
}

/// The checks that take no more than a few batches; what looks wrong is said, and the training goes on.
void check_first_seconds(const Run& run, Trainer& trainer, const std::shared_ptr<TrainingLogHook>& logs) {
  TrainingSetup& setup = run.setup;
  const auto report = [log = run.environment.log, logs](const SanityCheck& check) {
    Json entry = {{"event", "check"}};
    entry.update(to_json(check));
    logs->add(entry);
    if (!check.passed && log) log(fmt::format("looks wrong: {}: {}", check.name, check.statement));
  };
  constexpr std::int64_t kBatches = 2;
  const std::vector<ImageBatch> batches = first_batches(setup, kBatches);
  save_batch_picture(run.environment.out / "plots" / "batch.png", batches.front(), setup);
  report(check_labels(setup));
  report(check_inputs(batches));
  trainer.add_hook(
      std::make_shared<FirstLossHook>(static_cast<std::int64_t>(setup.data.labels.size()), setup.recipe.weights.empty(), report));
}

/// Puts a picture of the run folder into the event file.
void add_picture(TrainingLogHook& logs, const std::string& tag, const fs::path& file) {
  const std::vector<std::uint8_t> bytes = read_file(file);
  const cv::Size size = load_image(file).size();
  logs.events().add_image(0, tag, size.width, size.height, {reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

/// What is told of a training that came to its end.
void finish_logs(const Run& run, TrainingLogHook& logs, const TrainingSummary& summary) {
  const ClassifierRecipe& recipe = run.setup.recipe;
  if (summary.epochs < recipe.epochs) {
    const std::string reason = fmt::format("{} was not better in {} epochs in a row", recipe.metric, recipe.patience);
    logs.add({{"event", "stop"}, {"epoch", summary.epochs}, {"reason", reason}});
    run.log(fmt::format("stopped after epoch {} of {}: {}", summary.epochs, recipe.epochs, reason));
  }
  const fs::path& out = run.environment.out;
  save_step_curves(out);
  add_picture(logs, "learning_curves", out / "plots" / "learning_curves.png");
  add_picture(logs, "batch", out / "plots" / "batch.png");
}

/// In epochs of steps; leaves the best epoch's weights, and the last one's.
TrainingSummary train_network(const Run& run) {
  const ClassifierRecipe& recipe = run.setup.recipe;
  ClassificationPipeline& pipeline = run.setup.pipeline;
  const std::unique_ptr<TrainingTask> plain_task = run.setup.task();
  const std::unique_ptr<Optimizer> optimizer = optimizer_for(recipe, pipeline.network().parameters());
  std::optional<AveragedValidation> averaged;
  if (recipe.ema_decay > 0) averaged.emplace(*plain_task, optimizer->parameters(), WeightAverageOptions{.decay = recipe.ema_decay});
  TrainingTask& task = averaged ? static_cast<TrainingTask&>(*averaged) : *plain_task;
  const std::int64_t updates = (task.steps_per_epoch() + recipe.accumulate - 1) / recipe.accumulate;
  const ScheduleChoice rates = schedule_for(recipe, updates);
  Trainer trainer(task, *optimizer, rates.schedule,
                  {.epochs = recipe.epochs,
                   .selection_metric = recipe.metric,
                   .larger_is_better = !recipe.metric.ends_with("loss"),
                   .patience = recipe.patience,
                   .accumulate = recipe.accumulate,
                   .plateau = rates.plateau,
                   .plateau_metric = rates.plateau_metric,
                   .saving = {.save = [&](const TrainingState& state) { run.state->save(state, run.facts); },
                              .seconds = run.environment.save_seconds,
                              .batches = run.environment.save_batches,
                              .save_replay = [&](const TrainingState& replay) { return save_replay(run, replay); }},
                   .stop = run.environment.stop,
                   .detect_anomaly = run.environment.detect_anomaly});
  const auto save = [&](const fs::path& path, const EpochReport& report) {
    std::optional<AveragedWeightsGuard> averages;
    if (selects_averages(recipe)) averages.emplace(averaged->average());
    pipeline.set_training(training_facts(recipe, report));
    pipeline.save(path);
  };
  const auto logs = log_hook_for(run, *optimizer, updates);
  trainer.add_hook(logs);  // first: it sees gradients before they are clipped
  add_step_hooks(trainer, *optimizer, recipe);
  if (averaged) trainer.add_hook(averaged->hook());
  const fs::path& out = run.environment.out;
  trainer.add_hook(std::make_shared<CheckpointHook>(out / "weights", save));
  if (recipe.snapshots)
    trainer.add_hook(std::make_shared<SnapshotHook>(rates.schedule, updates, [&](std::int64_t number, const EpochReport& report) {
      save(run.weights(fmt::format("snapshot-{}.fovea", number)), report);
    }));
  trainer.add_hook(std::make_shared<CsvLogHook>(out / "results.csv"));
  trainer.add_hook(std::make_shared<LearningCurvesHook>(out));
  for (const auto& hook : run.environment.hooks) trainer.add_hook(hook);
  go_on(run, trainer, task.steps_per_epoch());
  if (!run.goes_on) check_first_seconds(run, trainer, logs);
  const TrainingSummary summary = trainer.run();
  if (summary.stopped)
    run.log(fmt::format("stopped in epoch {} of {}, after batch {} of {}", trainer.epochs_done() + 1, recipe.epochs, trainer.batches_done(),
                        task.steps_per_epoch()));
  else
    finish_logs(run, *logs, summary);
  return summary;
}

/// All at once: there are no epochs to log, and the last weights are the best.
TrainingSummary fit_features(const Run& run, FeatureClassifier& classifier) {
  const auto start = std::chrono::steady_clock::now();
  fit_feature_classifier(classifier, run.setup.train(), run.setup.options.batches);
  run.setup.pipeline.set_training(training_facts(run.setup.recipe).dump());
  for (const char* name : {"best.fovea", "last.fovea"}) run.setup.pipeline.save(run.weights(name));
  return {.best_epoch = 0, .seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count()};
}

/// The best weights on the validation split: validation.json and the confusion matrix.
void judge_best_weights(const Run& run, TrainClassifierResult& result) {
  ClassificationPipeline best = ClassificationPipeline::load(result.best);
  best.set_precision(run.setup.options.precision);
  try {
    const ClassificationMetrics metrics =
        best.evaluate(run.setup.validation(), run.setup.recipe.batch, run.environment.workers, run.environment.stop);
    if (run.state == nullptr) result.summary.best_value = metrics.top1;  // fitted: there were no epochs
    save_confusion_matrix(run.environment.out / "plots", metrics);
    const Json json = to_json(metrics, {.split = "val", .model = result.best.string(), .fovea_version = version()});
    write_json_file(run.environment.out / "validation.json", json);
    result.metrics = to_text(json);
  } catch (const Stopped&) {
    result.summary.stopped = true;
  }
}

/// The run's state and facts, as far as they are known before there is a network.
class RunBeginning {
 public:
  explicit RunBeginning(const TrainEnvironment& environment) : environment_(environment) {}

  /// Looks for a state to go on from; gives its preprocessing.
  std::optional<Preprocessing> find(const ClassifierRecipe& recipe, const ClassificationData& data) {
    facts = {.recipe = recipe.to_json(),
             .data = data_facts(*data.train, *data.val),
             .preprocessing = {},
             .instructions = std::string(name_of(active_isa()))};
    const bool fitted = require_classifier(recipe.model).fitted;
    if (!environment_.resume) return std::nullopt;
    prepare_folder_to_resume(environment_.out);
    const auto log = [&](const std::string& line) {
      if (environment_.log) environment_.log(line);
    };
    std::optional<RunFacts> begun;
    if (!fitted) begun = state.emplace(environment_.out).load(log);
    require_same_run(begun, facts, environment_.out, log);
    if (!begun) return std::nullopt;
    goes_on = true;
    return Preprocessing::from_json(begun->preprocessing, "preprocessing of the state");
  }

  RunFacts facts;
  std::optional<RunState> state;
  bool goes_on = false;

 private:
  const TrainEnvironment& environment_;
};

}  // namespace

TrainClassifierResult train_classifier(const ClassifierRecipe& wanted, const TrainEnvironment& environment) {
  RunBeginning beginning(environment);
  TrainingSetup setup =
      set_up_training(wanted, environment, [&](const auto& recipe, const auto& data) { return beginning.find(recipe, data); });
  const ClassifierRecipe& recipe = setup.recipe;
  const Preprocessing& preprocessing = setup.pipeline.preprocessing();
  beginning.facts.preprocessing = preprocessing.to_json();
  if (!environment.resume) {
    prepare_folder(environment.out);
    write_recipe(environment.out / "recipe.json", recipe);
  }
  if (!beginning.goes_on) remove_logs(environment.out);
  if (!require_classifier(recipe.model).fitted && !beginning.state) beginning.state.emplace(environment.out);
  const Run run{setup, environment, beginning.facts, beginning.state ? &*beginning.state : nullptr, beginning.goes_on};
  run.log(fmt::format("{}: {} parameters, input {}x{}x{}, {} classes", recipe.model, setup.pipeline.network().parameter_count(),
                      preprocessing.width, preprocessing.height, preprocessing.channels, setup.data.labels.size()));
  if (setup.loaded_weights) run.log(fmt::format("weights of {}", recipe.weights));
  if (!setup.begun_anew.empty()) run.log(fmt::format("begins anew: {}", fmt::join(setup.begun_anew, ", ")));

  auto* const classical = dynamic_cast<FeatureClassifier*>(&setup.pipeline.network());
  TrainClassifierResult result;
  try {
    result.summary = classical != nullptr ? fit_features(run, *classical) : train_network(run);
  } catch (const Stopped&) {  // before the first batch
    result.summary.stopped = true;
  }
  result.metric = recipe.metric;
  result.best = run.weights("best.fovea");
  if (!result.summary.stopped) judge_best_weights(run, result);
  return result;
}

}  // namespace fovea
