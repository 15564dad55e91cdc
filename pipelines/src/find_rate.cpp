#include "fovea/pipelines/find_rate.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "fovea/base/error.hpp"
#include "fovea/pipelines/catalogue.hpp"
#include "fovea/pipelines/run_pictures.hpp"
#include "training_parts.hpp"
#include "training_setup.hpp"

namespace fovea {

namespace {

/// Losses far above those of the beginning would press the rest flat.
Chart chart_of(const RateFinderResult& result) {
  Series raw{.name = "loss", .points = {}}, smoothed{.name = "smoothed", .points = {}}, suggestion{.name = "suggestion", .points = {}};
  double least = result.points.front().smoothed, highest = least;
  for (const RateFinderPoint& point : result.points) {
    raw.points.emplace_back(point.rate, point.loss);
    smoothed.points.emplace_back(point.rate, point.smoothed);
    least = std::min(least, std::min(point.loss, point.smoothed));
  }
  highest = 1.5 * result.points.front().smoothed;
  const auto nearest = std::min_element(result.points.begin(), result.points.end(), [&](const auto& a, const auto& b) {
    return std::abs(a.rate - result.suggestion()) < std::abs(b.rate - result.suggestion());
  });
  suggestion.points.emplace_back(nearest->rate, nearest->smoothed);
  return {{.title = fmt::format("learning-rate range test: try {:.2g}", result.suggestion()),
           .x_label = "learning rate",
           .log_x = true,
           .y_range = cv::Point2d(std::min(0.9 * least, least - 0.01), std::max(highest, least + 0.01))},
          {raw, smoothed, suggestion}};
}

}  // namespace

RateFinderResult find_rate(const ClassifierRecipe& recipe, const RateFinderOptions& options, const TrainEnvironment& environment) {
  TrainingSetup setup = set_up_training(recipe, environment);
  if (require_classifier(setup.recipe.model).fitted)
    throw OptionError(fmt::format("{} learns at once: it has no learning rate", setup.recipe.model));
  const std::unique_ptr<TrainingTask> task = setup.task();
  const std::unique_ptr<Optimizer> optimizer = optimizer_for(setup.recipe, setup.pipeline.network().parameters());
  const RateFinderResult result = find_learning_rate(*task, *optimizer, options);
  if (!environment.out.empty()) {
    const Chart chart = chart_of(result);
    for (const char* name : {"find_lr.png", "find_lr.svg"}) save_charts(environment.out / name, std::span(&chart, 1));
    write_json_file(environment.out / "find_lr.json", to_json(result));
  }
  return result;
}

Json to_json(const RateFinderResult& result) {
  Json points = Json::array();
  for (const RateFinderPoint& point : result.points) points.push_back({point.rate, point.loss, point.smoothed});
  return {{"suggestion", result.suggestion()},
          {"steepest", result.steepest},
          {"least", result.least},
          {"broke", result.broke},
          {"points", points}};
}

}  // namespace fovea
