// fovea train: from a data set to weights, curves and numbers.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "fovea/base/error.hpp"
#include "fovea/pipelines/sanity_check.hpp"
#include "fovea/pipelines/train_classifier.hpp"
#include "fovea/training/progress.hpp"
#include "recipe_flags.hpp"
#include "shared_options.hpp"

namespace fovea::cli {

namespace {

namespace fs = std::filesystem;

struct TrainFlags {
  SharedOptions shared;
  RecipeFlags recipe;
  std::string out;
  int workers = 1;
  bool check = false;
};

/// runs/<task>/<model>, or the first of ...-2, ...-3 that is free.
fs::path default_folder(const ClassifierRecipe& recipe) {
  const fs::path first = fs::path("runs") / recipe.task / recipe.model;
  fs::path folder = first;
  for (int number = 2; fs::exists(folder); ++number) folder = fmt::format("{}-{}", first.string(), number);
  return folder;
}

int run_train(const TrainFlags& flags) {
  const ClassifierRecipe recipe = flags.recipe.recipe(flags.shared);
  const auto context = flags.shared.make_context();
  const kernels::ContextGuard guard(*context);
  TrainEnvironment environment{.out = flags.out.empty() ? default_folder(recipe) : fs::path(flags.out), .workers = flags.workers};
  environment.log = [&](const std::string& line) { flags.shared.log(line); };
  if (flags.check) {
    const SanityReport report = check_training(recipe, environment);
    flags.shared.log(fmt::format("the batch as the network gets it: {}", (environment.out / "plots" / "batch.png").string()));
    flags.shared.write_json(to_text(to_json(report)));
    return report.passed() ? kAllDone : kSomeInputsFailed;
  }
  if (!flags.shared.quiet) environment.hooks.push_back(std::make_shared<ProgressHook>());
  const TrainClassifierResult result = train_classifier(recipe, environment);
  flags.shared.log(fmt::format("best epoch {} with {} {:.4f}, {} of training; weights in {}", result.summary.best_epoch + 1, result.metric,
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
      "The run folder holds recipe.json, results.csv, log.jsonl, events.out.tfevents.* (TensorBoard), weights/best.fovea,\n"
      "weights/last.fovea, plots/ and validation.json.\n"
      "fovea train --config RUN/recipe.json --out OTHER repeats a run to the bit on the same instruction set.");
  flags->recipe.add_to(*command);
  command->add_flag("--check", flags->check, "do not train: look whether this training could work (exit code 1: it looks wrong)");
  command->add_option("--out", flags->out, "run folder (runs/<task>/<model>)");
  command->add_option("--workers", flags->workers, "threads that load images; 0: the computing thread")->check(CLI::NonNegativeNumber);
  flags->shared.add_to(*command);
  command->callback([flags, &exit_code] { exit_code = run_train(*flags); });
}

}  // namespace fovea::cli
