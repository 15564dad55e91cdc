// fovea search: the settings of a recipe, searched at random or on a grid.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "fovea/pipelines/recipe_search.hpp"
#include "recipe_flags.hpp"
#include "shared_options.hpp"

namespace fovea::cli {

namespace {

struct SearchFlags {
  SharedOptions shared;
  RecipeFlags recipe;
  SearchOptions options;
  std::string space, out;
  int workers = 1;
};

int run_search(const SearchFlags& flags) {
  const ClassifierRecipe recipe = flags.recipe.recipe(flags.shared);
  const std::vector<SearchRange> space = search_space_from(read_json_file(flags.space), flags.space);
  const auto context = flags.shared.make_context();
  const kernels::ContextGuard guard(*context);
  TrainEnvironment environment{.out = flags.out, .workers = flags.workers};
  environment.log = [&](const std::string& line) { flags.shared.log(line); };
  const SearchResult result = search_recipes(recipe, space, flags.options, environment);
  flags.shared.write_json(to_text(to_json(result)));
  if (!result.best) {
    flags.shared.log("no trial came to its end: the reasons are in search.json");
    return kUnusable;
  }
  const SearchTrial& best = result.trials[*result.best];
  flags.shared.log(fmt::format("best: trial {} of {}, {} {:.4f} with {}; recipe in {}/best_recipe.json", best.number, result.trials.size(),
                               result.metric, *best.value, best.values.dump(), flags.out));
  if (!result.at_edge.empty())
    flags.shared.log(fmt::format("at the edge of its range: {}; a wider range may hold better values", fmt::join(result.at_edge, ", ")));
  return kAllDone;
}

}  // namespace

void add_search(CLI::App& app, int& exit_code) {
  auto flags = std::make_shared<SearchFlags>();
  CLI::App* command = app.add_subcommand("search", "Search the settings of a recipe");
  command->footer(
      "Example:\n  echo '{\"learning_rate\": {\"log_uniform\": [1e-3, 1]}, \"batch\": {\"choice\": [32, 64]}}' > space.json\n"
      "  fovea search --config recipe.json --space space.json --trials 12 --rounds 2 --out runs/search\n\n"
      "Each trial is a training in its own folder; a search that was stopped goes on where it was. Leaves trials.csv, search.json and\n"
      "best_recipe.json.");
  flags->recipe.add_to(*command);
  command->add_option("--space", flags->space, "JSON: by key of the recipe log_uniform, uniform, integer or choice")->required();
  command->add_option("--trials", flags->options.trials, "of a random search")->capture_default_str();
  command->add_option("--rounds", flags->options.rounds, "each after the first in a third of the ranges, around the best value")
      ->capture_default_str();
  command->add_option("--grid", flags->options.grid, "not at random: all combinations of so many values of each range, and all choices");
  command->add_option("--give-up", flags->options.give_up, "a trial ends when its loss is so many times its first")->capture_default_str();
  command->add_option("--out", flags->out, "folder of the search")->required();
  command->add_option("--workers", flags->workers, "threads that load images; 0: the computing thread")->check(CLI::NonNegativeNumber);
  flags->shared.add_to(*command);
  command->callback([flags, &exit_code] { exit_code = run_search(*flags); });
}

}  // namespace fovea::cli
