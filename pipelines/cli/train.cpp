// fovea train: from a data set to weights, curves and numbers.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <charconv>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "fovea/base/error.hpp"
#include "fovea/pipelines/repeated_training.hpp"
#include "fovea/pipelines/replay_batch.hpp"
#include "fovea/pipelines/training_recipe.hpp"
#include "fovea/training/progress.hpp"
#include "recipe_flags.hpp"
#include "shared_options.hpp"
#include "stop_signals.hpp"
#include "train_detector_flags.hpp"

namespace fovea::cli {

namespace {

namespace fs = std::filesystem;

struct TrainFlags {
  SharedOptions shared;
  RecipeFlags recipe;
  TrainDetectorFlags detector;
  std::string out, resume, replay, save_every = "10m";
  bool detect_anomaly = false;
  int workers = 1;
  bool check = false;
  std::vector<std::uint64_t> seeds;
  std::int64_t folds = 0;
};

/// To resume, the recipe of the run takes the place of --config.
TrainingRecipe recipe_of(const TrainFlags& flags) {
  RecipeFlags recipe = flags.recipe;
  if (!flags.resume.empty()) recipe.config = (fs::path(flags.resume) / "recipe.json").string();
  if (recipe.task_of_recipe() == "detect") return flags.detector.recipe(recipe, flags.shared);
  flags.detector.require_none();
  return recipe.recipe(flags.shared);
}

/// runs/<task>/<model>, or the first of ...-2, ...-3 that is free.
fs::path default_folder(const ClassifierRecipe& recipe) {
  const fs::path first = fs::path("runs") / recipe.task / recipe.model;
  fs::path folder = first;
  for (int number = 2; fs::exists(folder); ++number) folder = fmt::format("{}-{}", first.string(), number);
  return folder;
}

/// "10m", "90s", "2h", "500batches"; "0" saves after epochs only.
void read_save_every(const std::string& text, TrainEnvironment& environment) {
  std::int64_t count = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  const std::string unit(end, text.data() + text.size());
  constexpr std::pair<const char*, double> kUnits[] = {{"s", 1}, {"m", 60}, {"h", 3600}};
  const auto* const time = std::find_if(std::begin(kUnits), std::end(kUnits), [&](const auto& known) { return unit == known.first; });
  const bool is_time = time != std::end(kUnits), is_nothing = unit.empty() && count == 0;
  if (error != std::errc() || count < 0 || !(is_time || is_nothing || unit == "batches"))
    throw OptionError(fmt::format("--save-every {}: expected a time or a number of batches, as in 90s, 10m, 2h, 500batches, or 0", text));
  environment.save_seconds = is_time ? static_cast<double>(count) * time->second : 0;
  environment.save_batches = is_time ? 0 : count;
}

fs::path run_folder(const TrainFlags& flags, const TrainingRecipe& recipe) {
  if (!flags.resume.empty()) return flags.resume;
  return flags.out.empty() ? default_folder(common_part(recipe)) : fs::path(flags.out);
}

int run_replay(const TrainFlags& flags) {
  const auto context = flags.shared.make_context();
  const kernels::ContextGuard guard(*context);
  const ReplayResult result = replay_batch(flags.replay);
  flags.shared.log(fmt::format("{}: {}", result.network, result.text));
  flags.shared.write_json(result.json);
  return kAllDone;
}

/// The same recipe with several seeds, or on several parts of the data.
void train_several(const TrainFlags& flags, const TrainingRecipe& recipe, const TrainEnvironment& environment) {
  if (!flags.seeds.empty() && flags.folds != 0) throw OptionError("several seeds or several folds, not both at once");
  const Json summary = train_repeatedly(flags.folds != 0 ? with_folds(recipe, flags.folds) : with_seeds(recipe, flags.seeds), environment);
  const auto spread = [&](const char* key) {
    const Json& deviation = summary["deviation"][key];
    return fmt::format("{:.4f} +- {}", summary["mean"][key].get<double>(),
                       deviation.is_null() ? "?" : fmt::format("{:.4f}", deviation.get<double>()));
  };
  const char* const number = summary["mean"].contains("top1") ? "top1" : "AP";
  flags.shared.log(fmt::format("{} trainings: {} {}, {} {}; summary in {}", summary["count"].get<int>(),
                               summary["metric"].get<std::string>(), spread("value"), number, spread(number),
                               (environment.out / "summary.json").string()));
  flags.shared.write_json(to_text(summary));
}

int run_train(const TrainFlags& flags) {
  if (!flags.replay.empty()) return run_replay(flags);
  const TrainingRecipe recipe = recipe_of(flags);
  const auto context = flags.shared.make_context();
  const kernels::ContextGuard guard(*context);
  TrainEnvironment environment{.out = run_folder(flags, recipe), .workers = flags.workers, .resume = !flags.resume.empty()};
  environment.detect_anomaly = flags.detect_anomaly;
  read_save_every(flags.save_every, environment);
  environment.log = [&](const std::string& line) { flags.shared.log(line); };
  if (flags.check) {
    const SanityReport report = check_training(recipe, environment);
    flags.shared.log(fmt::format("the batch as the network gets it: {}", (environment.out / "plots" / "batch.png").string()));
    flags.shared.write_json(to_text(to_json(report)));
    return report.passed() ? kAllDone : kSomeInputsFailed;
  }
  const StopSignals signals(environment.stop);
  if (!flags.seeds.empty() || flags.folds != 0) {
    try {
      train_several(flags, recipe, environment);
      return kAllDone;
    } catch (const Stopped&) {
      flags.shared.log("everything so far is saved; the same command goes on");
      return signals.exit_code();
    }
  }
  if (!flags.shared.quiet) environment.hooks.push_back(std::make_shared<ProgressHook>());
  const TrainResult result = train(recipe, environment);
  if (result.summary.stopped) {
    flags.shared.log(fmt::format("everything so far is saved; go on with\n  fovea train --resume {}", environment.out.string()));
    return signals.exit_code();
  }
  flags.shared.log(fmt::format("best epoch {} with {} {:.4f}, {} of training; weights in {}", result.summary.best_epoch + 1, result.metric,
                               result.summary.best_value, format_duration(result.summary.seconds), result.best.string()));
  flags.shared.write_json(result.metrics);
  return kAllDone;
}

}  // namespace

void add_train(CLI::App& app, int& exit_code) {
  auto flags = std::make_shared<TrainFlags>();
  CLI::App* command = app.add_subcommand("train", "Train a classifier or a detector and leave it in a run folder");
  command->footer(
      "Example:\n  fovea train --task classify --data idx:/usr/share/datasets/fashion-mnist --model lenet5 --epochs 6 --out "
      "runs/fashion\n"
      "  fovea train --task detect --data voc:bccd --model center-tiny --image-size 320x256 --optimizer adamw --epochs 60 --out "
      "runs/cells\n\n"
      "The run folder holds recipe.json, results.csv, log.jsonl, events.out.tfevents.* (TensorBoard), weights/best.fovea,\n"
      "weights/last.fovea, plots/, validation.json, state/, of detectors also report.html.\n"
      "Ctrl-C or SIGTERM stops after the batch, saves, and says how to go on: exit code 130 or 143; a second one stops at once.\n"
      "fovea train --resume RUN goes on with a run that was stopped or killed.\n"
      "fovea train --config RUN/recipe.json --out OTHER repeats a run to the bit on the same instruction set.");
  flags->recipe.add_to(*command);
  flags->detector.add_to(*command);
  command->add_flag("--check", flags->check, "do not train: look whether this training could work (exit code 1: it looks wrong)");
  command->add_option("--seeds", flags->seeds, "train once with each: mean and deviation in OUT/summary.json, curves with a band")
      ->delimiter(',');
  command->add_option("--folds", flags->folds, "cross-validation: train once with each part of the data held out");
  auto* const out = command->add_option("--out", flags->out, "run folder (runs/<task>/<model>)");
  auto* const config = command->get_option("--config");
  auto* const resume = command->add_option("--resume", flags->resume,
                                           "go on with the run in this folder, to the same bits as if it had not been interrupted");
  resume->excludes(config)->excludes(out);
  command
      ->add_option("--replay", flags->replay, "run the batch that stopped a training again (RUN/state/replay.state) and name the operation")
      ->excludes(config)
      ->excludes(out)
      ->excludes(resume);
  command->add_flag("--detect-anomaly", flags->detect_anomaly,
                    "check what every operation gives, forward and backward (slower); otherwise losses and gradients are checked");
  command
      ->add_option("--save-every", flags->save_every,
                   "within an epoch: 90s, 10m, 2h or 500batches; 0: after epochs only. A run that is killed loses no more than that")
      ->capture_default_str();
  command->add_option("--workers", flags->workers, "threads that load images; 0: the computing thread")->check(CLI::NonNegativeNumber);
  flags->shared.add_to(*command);
  command->callback([flags, &exit_code] { exit_code = run_train(*flags); });
}

}  // namespace fovea::cli
