#include "training_run.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "fovea/base/cpu_features.hpp"
#include "fovea/base/error.hpp"
#include "fovea/base/file.hpp"
#include "fovea/base/version.hpp"
#include "fovea/pipelines/run_pictures.hpp"
#include "fovea/training/averaged_validation.hpp"
#include "fovea/training/checkpoint.hpp"
#include "fovea/training/csv_log.hpp"
#include "fovea/vision/image_loader.hpp"
#include "run_hooks.hpp"
#include "sanity_parts.hpp"
#include "training_parts.hpp"

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

void write_recipe(const fs::path& file, Json recipe) {
  recipe["fovea_version"] = version();
  recipe["machine"] = fmt::format("{}, {}", cpu_name(), name_of(active_isa()));
  write_json_file(file, recipe);
}

}  // namespace

std::optional<Preprocessing> TrainingRun::find_begun(Json recipe, Json data, const CompleteRecipe& complete, bool keeps_state) {
  facts_ = {.recipe = std::move(recipe), .data = std::move(data), .preprocessing = {}, .instructions = std::string(name_of(active_isa()))};
  keeps_state_ = keeps_state;
  if (!environment_.resume) return std::nullopt;
  prepare_folder_to_resume(out());
  std::optional<RunFacts> begun;
  if (keeps_state_) begun = state_.emplace(out()).load([this](const std::string& line) { log(line); });
  const fs::path file = out() / "recipe.json";
  require_same_recipe(complete(begun ? begun->recipe : read_json_file(file), file.string()), facts_.recipe);
  if (!begun) return std::nullopt;  // interrupted before it had a state: it has but a recipe
  require_same_data(begun->data, facts_.data);
  if (begun->instructions != facts_.instructions)
    log(fmt::format("the run began with {} instructions and goes on with {}: the last bits will differ", begun->instructions,
                    facts_.instructions));
  goes_on_ = true;
  return Preprocessing::from_json(begun->preprocessing, "preprocessing of the state");
}

void TrainingRun::begin(const Preprocessing& preprocessing) {
  facts_.preprocessing = preprocessing.to_json();
  if (!environment_.resume) {
    prepare_folder(out());
    write_recipe(out() / "recipe.json", facts_.recipe);
  }
  if (!goes_on_) remove_logs(out());
  if (keeps_state_ && !state_) state_.emplace(out());
}

void TrainingRun::restore(Trainer& trainer, const ClassifierRecipe& recipe, std::int64_t batches) {
  state_->restore(trainer);
  if (trainer.epochs_done() == 0 && trainer.batches_done() == 0) return;
  if (trainer.summary().best_epoch >= 0 && !fs::exists(weights("best.fovea")))
    throw FileError(weights("best.fovea").string(),
                    fmt::format("is missing: the weights of the best epoch so far, {}", trainer.summary().best_epoch + 1));
  log(trainer.epochs_done() == recipe.epochs ? fmt::format("all {} epochs are done: nothing is left to train", recipe.epochs)
                                             : fmt::format("goes on in epoch {} of {}, after batch {} of {}", trainer.epochs_done() + 1,
                                                           recipe.epochs, trainer.batches_done(), batches));
}

SavingOptions TrainingRun::saving() {
  return {.save = [this](const TrainingState& state) { state_->save(state, facts_); },
          .seconds = environment_.save_seconds,
          .batches = environment_.save_batches,
          .save_replay = [this](const TrainingState& replay) { return save_replay(replay); }};
}

/// Says where the batch is that stopped the training.
std::string TrainingRun::save_replay(const TrainingState& replay) const {
  try {
    const fs::path file = state_->save_replay(replay, facts_);
    return fmt::format("the batch is kept: fovea train --replay {} runs it again", file.string());
  } catch (const FileError& error) {
    return fmt::format("the batch could not be kept: {}", error.what());
  }
}

namespace {

/// Entries that log.jsonl begins with: what is trained on what.
Json log_entry(const RunParts& parts, std::int64_t updates_per_epoch) {
  const ClassifierRecipe& recipe = parts.recipe;
  Json entry = {{"event", "run"},
                {"fovea_version", version()},
                {"model", recipe.model},
                {"parameters", parts.task.model().parameter_count()},
                {"batch", recipe.batch},
                {"epochs", recipe.epochs},
                {"updates_per_epoch", updates_per_epoch},
                {"optimizer", recipe.optimizer},
                {"schedule", recipe.schedule}};
  entry.update(parts.log_facts);
  return entry;
}

/// Facts that a model file keeps of its training.
std::string training_facts(const RunParts& parts, const EpochReport& report) {
  Json json = {{"epoch", report.epoch + 1}, {"epochs", report.epochs}, {"train_loss", report.train_loss}};
  json.update(parts.facts);
  for (const auto& [name, value] : report.validation) json[name] = value;
  return json.dump();
}

/// What looks wrong is said, and the training goes on.
void check_first_seconds(const TrainingRun& run, const RunParts& parts, Trainer& trainer, const std::shared_ptr<TrainingLogHook>& logs) {
  const auto report = [log = run.environment().log, logs](const SanityCheck& check) {
    Json entry = {{"event", "check"}};
    entry.update(to_json(check));
    logs->add(entry);
    if (!check.passed && log) log(fmt::format("looks wrong: {}: {}", check.name, check.statement));
  };
  for (const SanityCheck& check : parts.first_checks()) report(check);
  trainer.add_hook(std::make_shared<FirstLossHook>([report, check = parts.check_first_loss](double loss) { report(check(loss)); }));
}

/// Puts a picture of the run folder into the event file.
void add_picture(TrainingLogHook& logs, const std::string& tag, const fs::path& file) {
  const std::vector<std::uint8_t> bytes = read_file(file);
  const cv::Size size = load_image(file).size();
  logs.events().add_image(0, tag, size.width, size.height, {reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

/// What is told of a training that came to its end.
void finish_logs(const TrainingRun& run, const ClassifierRecipe& recipe, TrainingLogHook& logs, const TrainingSummary& summary) {
  if (summary.epochs < recipe.epochs) {
    const std::string reason = fmt::format("{} was not better in {} epochs in a row", recipe.metric, recipe.patience);
    logs.add({{"event", "stop"}, {"epoch", summary.epochs}, {"reason", reason}});
    run.log(fmt::format("stopped after epoch {} of {}: {}", summary.epochs, recipe.epochs, reason));
  }
  save_step_curves(run.out());
  for (const char* picture : {"learning_curves", "batch"}) add_picture(logs, picture, run.out() / "plots" / fmt::format("{}.png", picture));
}

}  // namespace

TrainingSummary run_epochs(TrainingRun& run, const RunParts& parts) {
  const ClassifierRecipe& recipe = parts.recipe;
  const std::unique_ptr<Optimizer> optimizer = optimizer_for(recipe, parts.task.model().parameters());
  std::optional<AveragedValidation> averaged;
  if (recipe.ema_decay > 0) averaged.emplace(parts.task, optimizer->parameters(), WeightAverageOptions{.decay = recipe.ema_decay});
  TrainingTask& task = averaged ? static_cast<TrainingTask&>(*averaged) : parts.task;
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
                   .saving = run.saving(),
                   .stop = run.environment().stop,
                   .detect_anomaly = run.environment().detect_anomaly});
  const auto save = [&](const fs::path& path, const EpochReport& report) {
    std::optional<AveragedWeightsGuard> averages;
    if (selects_averages(recipe)) averages.emplace(averaged->average());
    parts.save(path, training_facts(parts, report));
  };
  const auto logs = std::make_shared<TrainingLogHook>(run.out(), optimizer->parameters(),
                                                      TrainingLogOptions{.every = recipe.log_every, .dead_channels = parts.dead_channels});
  logs->add(log_entry(parts, updates));
  trainer.add_hook(logs);  // first: it sees gradients before they are clipped
  add_step_hooks(trainer, *optimizer, recipe);
  if (averaged) trainer.add_hook(averaged->hook());
  trainer.add_hook(std::make_shared<CheckpointHook>(run.out() / "weights", save));
  if (recipe.snapshots)
    trainer.add_hook(std::make_shared<SnapshotHook>(rates.schedule, updates, [&](std::int64_t number, const EpochReport& report) {
      save(run.weights(fmt::format("snapshot-{}.fovea", number)), report);
    }));
  trainer.add_hook(std::make_shared<CsvLogHook>(run.out() / "results.csv"));
  trainer.add_hook(std::make_shared<LearningCurvesHook>(run.out()));
  for (const auto& hook : run.environment().hooks) trainer.add_hook(hook);
  run.restore(trainer, recipe, task.steps_per_epoch());
  if (!run.goes_on()) check_first_seconds(run, parts, trainer, logs);
  const TrainingSummary summary = trainer.run();
  if (summary.stopped)
    run.log(fmt::format("stopped in epoch {} of {}, after batch {} of {}", trainer.epochs_done() + 1, recipe.epochs, trainer.batches_done(),
                        task.steps_per_epoch()));
  else
    finish_logs(run, recipe, *logs, summary);
  return summary;
}

}  // namespace fovea
