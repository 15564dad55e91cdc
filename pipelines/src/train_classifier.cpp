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
#include "fovea/pipelines/run_pictures.hpp"
#include "fovea/training/averaged_validation.hpp"
#include "fovea/training/checkpoint.hpp"
#include "fovea/training/csv_log.hpp"
#include "fovea/training/training_log.hpp"
#include "fovea/vision/image_loader.hpp"
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

/// Weights of an earlier run are not overwritten. One that failed before its first epoch ended has left none and is not in the way; its
/// logs are not gone on with.
void prepare_folder(const fs::path& out) {
  const fs::path weights = out / "weights";
  if (fs::exists(weights) && !fs::is_empty(weights))
    throw FileError(out.string(), "holds the weights of an earlier run; choose another folder or remove it");
  make_folder(weights);
  make_folder(out / "plots");
  std::vector<fs::path> stale;
  for (const auto& entry : fs::directory_iterator(out))
    if (is_log(entry.path())) stale.push_back(entry.path());
  for (const fs::path& file : stale) fs::remove(file);
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

/// What learns, and where it leaves its files.
struct Run {
  TrainingSetup& setup;
  const TrainEnvironment& environment;

  fs::path weights(const std::string& name) const { return environment.out / "weights" / name; }
  void log(const std::string& line) const {
    if (environment.log) environment.log(line);
  }
};

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
  options.dead_channels = [&network, probe = probe_batch(run.setup), precision = run.setup.options.precision] {
    return dead_channels(network, cast(Variable(probe), precision));
  };
  auto hook = std::make_shared<TrainingLogHook>(run.environment.out, optimizer.parameters(), std::move(options));
  hook->add(run_facts(run.setup, updates_per_epoch));
  return hook;
}

/// Looks at the loss before the first update, which costs nothing.
class FirstLossHook final : public TrainerHook {
 public:
  using Report = std::function<void(const SanityCheck&)>;
  FirstLossHook(std::int64_t classes, bool weights_are_new, Report report)
      : classes_(classes), weights_are_new_(weights_are_new), report_(std::move(report)) {}
  void on_step(const StepReport& report) override {
    if (report.epoch == 0 && report.step == 0) report_(check_initial_loss(report.loss, classes_, weights_are_new_));
  }

 private:
  std::int64_t classes_;
  bool weights_are_new_;
  Report report_;
};

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

/// Keeps the weights that a cycle of a schedule with restarts ends with, after the last epoch that ends before the restart.
class SnapshotHook final : public TrainerHook {
 public:
  using Save = std::function<void(std::int64_t number, const EpochReport& report)>;
  SnapshotHook(const Schedule& schedule, std::int64_t updates_per_epoch, Save save)
      : schedule_(schedule), updates_(updates_per_epoch), save_(std::move(save)) {}

  void on_epoch(const EpochReport& report) override {
    if (ends_a_cycle(report)) save_(cycles_before(report.epoch) + 1, report);
  }

 private:
  /// Whether the rate jumps up between the last update of the epoch and that of the next one.
  bool restarts_after(std::int64_t epoch) const {
    const std::int64_t last = (epoch + 1) * updates_ - 1;
    for (std::int64_t step = last; step < last + updates_; ++step)
      if (schedule_.rate(step + 1) > 2 * schedule_.rate(step)) return true;
    return false;
  }
  bool ends_a_cycle(const EpochReport& report) const { return report.epoch + 1 == report.epochs || restarts_after(report.epoch); }
  std::int64_t cycles_before(std::int64_t epoch) const {
    std::int64_t cycles = 0;
    for (std::int64_t earlier = 0; earlier < epoch; ++earlier) cycles += restarts_after(earlier) ? 1 : 0;
    return cycles;
  }

  Schedule schedule_;
  std::int64_t updates_;
  Save save_;
};

/// Puts a picture of the run folder into the event file.
void add_picture(TrainingLogHook& logs, const std::string& tag, const fs::path& file) {
  const std::vector<std::uint8_t> bytes = read_file(file);
  const cv::Size size = load_image(file).size();
  logs.events().add_image(0, tag, size.width, size.height, {reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

/// In epochs of steps; leaves the best epoch's weights, and the last one's.
TrainingSummary train_network(const Run& run) {
  const ClassifierRecipe& recipe = run.setup.recipe;
  ClassificationPipeline& pipeline = run.setup.pipeline;
  ClassificationTask plain_task = run.setup.task();
  const std::unique_ptr<Optimizer> optimizer = optimizer_for(recipe, pipeline.network().parameters());
  std::optional<AveragedValidation> averaged;
  if (recipe.ema_decay > 0) averaged.emplace(plain_task, optimizer->parameters(), WeightAverageOptions{.decay = recipe.ema_decay});
  TrainingTask& task = averaged ? static_cast<TrainingTask&>(*averaged) : plain_task;
  const std::int64_t updates = (task.steps_per_epoch() + recipe.accumulate - 1) / recipe.accumulate;
  const ScheduleChoice rates = schedule_for(recipe, updates);
  Trainer trainer(task, *optimizer, rates.schedule,
                  {.epochs = recipe.epochs,
                   .selection_metric = recipe.metric,
                   .larger_is_better = !recipe.metric.ends_with("loss"),
                   .patience = recipe.patience,
                   .accumulate = recipe.accumulate,
                   .plateau = rates.plateau,
                   .plateau_metric = rates.plateau_metric});
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
  check_first_seconds(run, trainer, logs);
  const TrainingSummary summary = trainer.run();
  if (summary.epochs < recipe.epochs) {
    const std::string reason = fmt::format("{} was not better in {} epochs in a row", recipe.metric, recipe.patience);
    logs->add({{"event", "stop"}, {"epoch", summary.epochs}, {"reason", reason}});
    run.log(fmt::format("stopped after epoch {} of {}: {}", summary.epochs, recipe.epochs, reason));
  }
  save_step_curves(out);
  add_picture(*logs, "learning_curves", out / "plots" / "learning_curves.png");
  add_picture(*logs, "batch", out / "plots" / "batch.png");
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

}  // namespace

TrainClassifierResult train_classifier(const ClassifierRecipe& wanted, const TrainEnvironment& environment) {
  const auto log = [&](const std::string& line) {
    if (environment.log) environment.log(line);
  };
  TrainingSetup setup = set_up_training(wanted, environment.workers, log);
  const ClassifierRecipe& recipe = setup.recipe;
  const Preprocessing& preprocessing = setup.pipeline.preprocessing();
  prepare_folder(environment.out);
  write_recipe(environment.out / "recipe.json", recipe);
  log(fmt::format("{}: {} parameters, input {}x{}x{}, {} classes", recipe.model, setup.pipeline.network().parameter_count(),
                  preprocessing.width, preprocessing.height, preprocessing.channels, setup.data.labels.size()));
  if (!recipe.weights.empty()) log(fmt::format("weights of {}", recipe.weights));
  if (!setup.begun_anew.empty()) log(fmt::format("begins anew: {}", fmt::join(setup.begun_anew, ", ")));

  const Run run{setup, environment};
  auto* const classical = dynamic_cast<FeatureClassifier*>(&setup.pipeline.network());
  TrainClassifierResult result;
  result.summary = classical != nullptr ? fit_features(run, *classical) : train_network(run);
  result.metric = recipe.metric;
  result.best = run.weights("best.fovea");
  ClassificationPipeline best = ClassificationPipeline::load(result.best);
  best.set_precision(setup.options.precision);
  const ClassificationMetrics metrics = best.evaluate(setup.validation(), recipe.batch, environment.workers);
  if (classical != nullptr) result.summary.best_value = metrics.top1;
  save_confusion_matrix(environment.out / "plots", metrics);
  const Json json = to_json(metrics, {.split = "val", .model = result.best.string(), .fovea_version = version()});
  write_json_file(environment.out / "validation.json", json);
  result.metrics = to_text(json);
  return result;
}

}  // namespace fovea
