// fovea train: from a data set to weights, curves and numbers.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <charconv>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>

#include "fovea/base/error.hpp"
#include "fovea/pipelines/replay_batch.hpp"
#include "fovea/pipelines/train_classifier.hpp"
#include "fovea/training/progress.hpp"
#include "shared_options.hpp"
#include "stop_signals.hpp"

namespace fovea::cli {

namespace {

namespace fs = std::filesystem;

/// Flags override the recipe of --config, which overrides the defaults.
template <class T>
struct Override {
  std::optional<T> value;
  void apply(T& target) const {
    if (value) target = *value;
  }
};

struct TrainFlags {
  SharedOptions shared;
  std::string config, out, resume, replay, save_every = "10m";
  bool detect_anomaly = false;
  int workers = 1;
  Override<std::string> task, data, names, model, model_options, image_size, resize, optimizer, schedule;
  Override<std::string> weights;
  Override<std::vector<std::string>> augment, allow, freeze;
  Override<std::int64_t> epochs, batch, channels;
  Override<bool> nesterov;
  Override<double> learning_rate, momentum, weight_decay, warmup_epochs, step_epochs, step_factor, label_smoothing;
};

/// The recipe to begin with: that of --config, or of the run to resume.
ClassifierRecipe first_recipe(const TrainFlags& flags) {
  if (flags.config.empty() && flags.resume.empty()) return {};
  const fs::path file = flags.resume.empty() ? fs::path(flags.config) : fs::path(flags.resume) / "recipe.json";
  return ClassifierRecipe::from_json(read_json_file(file), file.string());
}

ClassifierRecipe recipe_of(const TrainFlags& flags) {
  ClassifierRecipe recipe = first_recipe(flags);
  flags.task.apply(recipe.task);
  flags.data.apply(recipe.data);
  flags.names.apply(recipe.names);
  flags.model.apply(recipe.model);
  flags.model_options.apply(recipe.model_options);
  flags.image_size.apply(recipe.image_size);
  flags.channels.apply(recipe.channels);
  flags.resize.apply(recipe.resize);
  flags.augment.apply(recipe.augment);
  flags.weights.apply(recipe.weights);
  flags.allow.apply(recipe.allow);
  flags.freeze.apply(recipe.freeze);
  flags.epochs.apply(recipe.epochs);
  flags.batch.apply(recipe.batch);
  flags.optimizer.apply(recipe.optimizer);
  flags.learning_rate.apply(recipe.learning_rate);
  flags.momentum.apply(recipe.momentum);
  flags.nesterov.apply(recipe.nesterov);
  flags.weight_decay.apply(recipe.weight_decay);
  flags.schedule.apply(recipe.schedule);
  flags.warmup_epochs.apply(recipe.warmup_epochs);
  flags.step_epochs.apply(recipe.step_epochs);
  flags.step_factor.apply(recipe.step_factor);
  flags.label_smoothing.apply(recipe.label_smoothing);
  if (flags.shared.precision) recipe.precision = *flags.shared.precision;
  if (flags.shared.seed) recipe.seed = *flags.shared.seed;
  return recipe;
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

fs::path run_folder(const TrainFlags& flags, const ClassifierRecipe& recipe) {
  if (!flags.resume.empty()) return flags.resume;
  return flags.out.empty() ? default_folder(recipe) : fs::path(flags.out);
}

int run_replay(const TrainFlags& flags) {
  const auto context = flags.shared.make_context();
  const kernels::ContextGuard guard(*context);
  const ReplayResult result = replay_batch(flags.replay);
  flags.shared.log(fmt::format("{}: {}", result.network, result.text));
  flags.shared.write_json(result.json);
  return kAllDone;
}

int run_train(const TrainFlags& flags) {
  if (!flags.replay.empty()) return run_replay(flags);
  const ClassifierRecipe recipe = recipe_of(flags);
  const auto context = flags.shared.make_context();
  const kernels::ContextGuard guard(*context);
  TrainEnvironment environment{.out = run_folder(flags, recipe), .workers = flags.workers, .resume = !flags.resume.empty()};
  environment.detect_anomaly = flags.detect_anomaly;
  read_save_every(flags.save_every, environment);
  environment.log = [&](const std::string& line) { flags.shared.log(line); };
  const StopSignals signals(environment.stop);
  if (!flags.shared.quiet) environment.hooks.push_back(std::make_shared<ProgressHook>());
  const TrainClassifierResult result = train_classifier(recipe, environment);
  if (result.summary.stopped) {
    flags.shared.log(fmt::format("everything so far is saved; go on with\n  fovea train --resume {}", environment.out.string()));
    return signals.exit_code();
  }
  flags.shared.log(fmt::format("best epoch {} with val_top1 {:.4f}, {} of training; weights in {}", result.summary.best_epoch + 1,
                               result.summary.best_value, format_duration(result.summary.seconds), result.best.string()));
  flags.shared.write_json(result.metrics);
  return kAllDone;
}

}  // namespace

void add_train(CLI::App& app, int& exit_code) {
  auto flags = std::make_shared<TrainFlags>();
  CLI::App* command = app.add_subcommand("train", "Train a classifier and leave it in a run folder");
  command->footer(
      "Example:\n  fovea train --task classify --data idx:/usr/share/datasets/fashion-mnist --model lenet5 --epochs 6 --out "
      "runs/fashion\n\n"
      "The run folder holds recipe.json, results.csv, weights/best.fovea, weights/last.fovea, plots/, validation.json and "
      "state/.\nCtrl-C or SIGTERM stops after the batch, saves, and says how to go on: exit code 130 or 143; a second one stops at once.\n"
      "fovea train --resume RUN goes on with a run that was stopped or killed.\n"
      "fovea train --config RUN/recipe.json --out OTHER repeats a run to the bit on the same instruction set.");
  command->add_option("--task", flags->task.value, "classify");
  command->add_option("--data", flags->data.value, "idx:DIR or folder:DIR");
  command->add_option("--names", flags->names.value, "file with one class name per line, for data that has none");
  command->add_option("--model", flags->model.value, "a classifier: lenet5, resnet-mini, resnet18, ... (fovea inspect NAME shows one)");
  command->add_option("--model-options", flags->model_options.value, "JSON, for instance {\"blocks\":2}");
  command->add_option("--weights", flags->weights.value, "begin with these weights (.fovea or safetensors), not with random ones");
  command->add_option("--allow", flags->allow.value, "of --weights, what need not fit: patterns of names; head: the last layer begins anew")
      ->delimiter(',');
  command->add_option("--freeze", flags->freeze.value, "patterns of parameters that are not trained: 'conv1.*,layer?.*'")->delimiter(',');
  command->add_option("--image-size", flags->image_size.value, "N or WxH");
  command->add_option("--channels", flags->channels.value, "1 (grey) or 3 (colour)");
  command->add_option("--resize", flags->resize.value, "stretch, letterbox or center_crop");
  command->add_option("--augment", flags->augment.value, "list of flip, crop, resized-crop, mixup, cutmix, cutout")->delimiter(',');
  command->add_option("--epochs", flags->epochs.value, "passes over the training data (10)");
  command->add_option("--batch", flags->batch.value, "images per step (64)");
  command->add_option("--optimizer", flags->optimizer.value, "sgd, adam, adamw, adagrad, rmsprop or adadelta");
  command->add_option("--lr", flags->learning_rate.value,
                      "peak learning rate (0.05 sgd, 0.001 adam, adamw and rmsprop, 0.01 adagrad, 1 adadelta)");
  command->add_option("--momentum", flags->momentum.value, "of sgd (0.9)");
  command->add_option("--nesterov", flags->nesterov.value, "true or false: of sgd (true)");
  command->add_option("--weight-decay", flags->weight_decay.value, "on weights, not on biases and norms (0.0005)");
  command->add_option(
      "--schedule", flags->schedule.value,
      "constant, step, multi-step, exponential, inverse-time, linear, polynomial, cosine, cosine-restarts, one-cycle or plateau");
  command->add_option("--warmup-epochs", flags->warmup_epochs.value, "linear warm-up (0.5)");
  command->add_option("--step-epochs", flags->step_epochs.value, "step schedule: epochs between changes (5)");
  command->add_option("--step-factor", flags->step_factor.value, "step schedule: factor (0.1)");
  command->add_option("--label-smoothing", flags->label_smoothing.value, "in [0, 1) (0)");
  auto* const config = command->add_option("--config", flags->config, "recipe.json; other flags override it");
  auto* const out = command->add_option("--out", flags->out, "run folder (runs/<task>/<model>)");
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
