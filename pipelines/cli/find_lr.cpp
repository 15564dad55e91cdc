// fovea find-lr: the learning-rate range test.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "fovea/pipelines/find_rate.hpp"
#include "recipe_flags.hpp"
#include "shared_options.hpp"

namespace fovea::cli {

namespace {

struct FindLrFlags {
  SharedOptions shared;
  RecipeFlags recipe;
  RateFinderOptions options;
  std::string out;
  int workers = 1;
};

void run_find_lr(const FindLrFlags& flags) {
  const ClassifierRecipe recipe = flags.recipe.recipe(flags.shared);
  const auto context = flags.shared.make_context();
  const kernels::ContextGuard guard(*context);
  TrainEnvironment environment{.out = flags.out, .workers = flags.workers};
  environment.log = [&](const std::string& line) { flags.shared.log(line); };
  const RateFinderResult result = find_rate(recipe, flags.options, environment);
  flags.shared.log(fmt::format("the loss falls fastest at {:.3g} and is least at {:.3g}: try --lr {:.2g}", result.steepest, result.least,
                               result.suggestion()));
  if (result.least > 0.3 * result.points.back().rate)
    flags.shared.log("the loss was least at the end of the range: a higher --highest shows more");
  if (flags.shared.json != "-") fmt::print("{:.2g}\n", result.suggestion());
  flags.shared.write_json(to_text(to_json(result)));
}

}  // namespace

void add_find_lr(CLI::App& app, int&) {
  auto flags = std::make_shared<FindLrFlags>();
  CLI::App* command = app.add_subcommand("find-lr", "Find a learning rate by a range test");
  command->footer(
      "Example:\n  fovea find-lr --data idx:/usr/share/datasets/fashion-mnist --model lenet5 --out runs/rates\n\n"
      "Trains with rates that grow from update to update, draws the losses (find_lr.png) and prints a rate to begin with.");
  flags->recipe.add_to(*command);
  command->add_option("--lowest", flags->options.lowest, "the first learning rate")->capture_default_str();
  command->add_option("--highest", flags->options.highest, "the last one, if the loss does not break before")->capture_default_str();
  command->add_option("--updates", flags->options.updates, "how many")->capture_default_str();
  command->add_option("--out", flags->out, "folder for find_lr.png, find_lr.svg and find_lr.json");
  command->add_option("--workers", flags->workers, "threads that load images; 0: the computing thread")->check(CLI::NonNegativeNumber);
  flags->shared.add_to(*command);
  command->callback([flags] { run_find_lr(*flags); });
}

}  // namespace fovea::cli
