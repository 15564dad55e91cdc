// fovea train: from a data set to weights, curves and numbers.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>

#include "fovea/base/error.hpp"
#include "fovea/pipelines/train_classifier.hpp"
#include "fovea/training/progress.hpp"
#include "shared_options.hpp"

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
  std::string config, out;
  int workers = 1;
  Override<std::string> task, data, names, model, model_options, image_size, resize, optimizer, schedule;
  Override<std::string> weights;
  Override<std::vector<std::string>> augment, allow, freeze;
  Override<std::int64_t> epochs, batch, channels;
  Override<bool> nesterov;
  Override<double> learning_rate, momentum, weight_decay, warmup_epochs, step_epochs, step_factor, label_smoothing;
};

ClassifierRecipe recipe_of(const TrainFlags& flags) {
  ClassifierRecipe recipe =
      flags.config.empty() ? ClassifierRecipe{} : ClassifierRecipe::from_json(read_json_file(flags.config), flags.config);
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

void run_train(const TrainFlags& flags) {
  const ClassifierRecipe recipe = recipe_of(flags);
  const auto context = flags.shared.make_context();
  const kernels::ContextGuard guard(*context);
  TrainEnvironment environment{.out = flags.out.empty() ? default_folder(recipe) : fs::path(flags.out), .workers = flags.workers};
  environment.log = [&](const std::string& line) { flags.shared.log(line); };
  if (!flags.shared.quiet) environment.hooks.push_back(std::make_shared<ProgressHook>());
  const TrainClassifierResult result = train_classifier(recipe, environment);
  flags.shared.log(fmt::format("best epoch {} with val_top1 {:.4f}, {} of training; weights in {}", result.summary.best_epoch + 1,
                               result.summary.best_value, format_duration(result.summary.seconds), result.best.string()));
  flags.shared.write_json(result.metrics);
}

}  // namespace

void add_train(CLI::App& app, int&) {
  auto flags = std::make_shared<TrainFlags>();
  CLI::App* command = app.add_subcommand("train", "Train a classifier and leave it in a run folder");
  command->footer(
      "Example:\n  fovea train --task classify --data idx:/usr/share/datasets/fashion-mnist --model lenet5 --epochs 6 --out "
      "runs/fashion\n\n"
      "The run folder holds recipe.json, results.csv, weights/best.fovea, weights/last.fovea, plots/ and validation.json.\n"
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
  command->add_option("--config", flags->config, "recipe.json; other flags override it");
  command->add_option("--out", flags->out, "run folder (runs/<task>/<model>)");
  command->add_option("--workers", flags->workers, "threads that load images; 0: the computing thread")->check(CLI::NonNegativeNumber);
  flags->shared.add_to(*command);
  command->callback([flags] { run_train(*flags); });
}

}  // namespace fovea::cli
