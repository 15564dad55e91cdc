#include "fovea/pipelines/repeated_training.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "finished_training.hpp"
#include "fovea/base/error.hpp"
#include "fovea/base/file.hpp"
#include "fovea/base/stop_token.hpp"
#include "fovea/pipelines/run_pictures.hpp"

namespace fovea {

namespace fs = std::filesystem;

namespace {

/// Of validation.json, by task.
constexpr const char* kNumbers[] = {"top1", "top5", "mean_nll", "ece", "AP", "AP50", "AP75"};

Json row_of(const NamedRecipe& named, const fs::path& folder, const std::string& metric) {
  const Json validation = read_json_file(folder / "validation.json");
  const std::vector<double> values = load_results(folder / "results.csv").column(metric);
  const bool less_is_better = metric.ends_with("loss");
  const double value = less_is_better ? *std::min_element(values.begin(), values.end()) : *std::max_element(values.begin(), values.end());
  Json row = {{"name", named.name}, {"value", value}};
  for (const char* number : kNumbers)
    if (validation.contains(number)) row[number] = validation[number];
  return row;
}

void summarise(Json& summary) {
  const Json runs = summary["runs"];  // a copy: new keys move the old ones
  const auto count = static_cast<double>(runs.size());
  for (const auto& [number, first] : runs.front().items()) {
    if (!first.is_number()) continue;  // the name
    double mean = 0, squares = 0;
    for (const Json& run : runs) mean += run[number].get<double>() / count;
    for (const Json& run : runs) squares += std::pow(run[number].get<double>() - mean, 2);
    summary["mean"][number] = mean;
    summary["deviation"][number] = runs.size() > 1 ? Json(std::sqrt(squares / (count - 1))) : Json(nullptr);
  }
}

}  // namespace

std::vector<NamedRecipe> with_seeds(const TrainingRecipe& recipe, const std::vector<std::uint64_t>& seeds) {
  std::vector<NamedRecipe> list;
  for (const std::uint64_t seed : seeds) {
    list.push_back({fmt::format("seed-{}", seed), recipe});
    ClassifierRecipe& own = common_part(list.back().recipe);
    own.data_seed = own.split_seed();
    own.seed = seed;
  }
  return list;
}

std::vector<NamedRecipe> with_folds(const TrainingRecipe& recipe, std::int64_t folds) {
  if (folds < 2) throw OptionError(fmt::format("cross-validation takes at least 2 folds, found {}", folds));
  std::vector<NamedRecipe> list;
  for (std::int64_t fold = 1; fold <= folds; ++fold) {
    list.push_back({fmt::format("fold-{}", fold), recipe});
    ClassifierRecipe& own = common_part(list.back().recipe);
    own.folds = folds;
    own.fold = fold;
  }
  return list;
}

Json train_repeatedly(const std::vector<NamedRecipe>& recipes, const TrainEnvironment& environment) {
  if (recipes.empty()) throw OptionError("there is nothing to train");
  const auto log = [&](const std::string& line) {
    if (environment.log) environment.log(line);
  };
  std::vector<ResultsTable> tables;
  Json summary = {{"metric", ""}, {"count", recipes.size()}, {"runs", Json::array()}};
  for (const NamedRecipe& named : recipes) {
    const fs::path folder = environment.out / named.name;
    log(fmt::format("{} of {}: {}", tables.size() + 1, recipes.size(), named.name));
    if (is_finished(folder)) {
      require_recipe_of(folder, named.recipe);
      log(fmt::format("{} is finished", folder.string()));
    } else {
      TrainEnvironment own = environment;
      own.out = folder;
      own.resume = fs::exists(folder / "recipe.json");
      if (train(named.recipe, own).summary.stopped) throw Stopped();
    }
    summary["metric"] = common_part(recipe_in(folder)).metric;
    summary["runs"].push_back(row_of(named, folder, summary["metric"]));
    tables.push_back(load_results(folder / "results.csv"));
  }
  summarise(summary);
  const std::vector<Chart> charts = learning_curves(tables);
  for (const char* name : {"learning_curves.png", "learning_curves.svg"}) save_charts(environment.out / "plots" / name, charts);
  write_json_file(environment.out / "summary.json", summary);
  return summary;
}

}  // namespace fovea
