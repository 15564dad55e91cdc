// fovea plot: learning curves of one run, or of several with their mean and deviation.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "fovea/base/error.hpp"
#include "fovea/pipelines/run_pictures.hpp"
#include "shared_options.hpp"

namespace fovea::cli {

namespace {

namespace fs = std::filesystem;

struct PlotFlags {
  SharedOptions shared;
  std::vector<std::string> runs;
  std::string out;
  bool updates = false;
};

Json to_json(std::span<const Chart> charts) {
  Json json = Json::array();
  for (const Chart& chart : charts) {
    Json series = Json::array();
    for (const Series& line : chart.series) {
      Json points = Json::array();
      for (const cv::Point2d& point : line.points) points.push_back({point.x, point.y});
      series.push_back({{"name", line.name}, {"points", points}, {"deviation", line.deviation}});
    }
    json.push_back({{"title", chart.options.title}, {"series", series}});
  }
  return json;
}

void run_plot(const PlotFlags& flags) {
  if (flags.updates && flags.runs.size() != 1) throw OptionError(fmt::format("--updates draws one run, found {}", flags.runs.size()));
  std::vector<ResultsTable> tables;
  if (!flags.updates)
    for (const std::string& run : flags.runs) tables.push_back(load_results(fs::path(run) / "results.csv"));
  const std::vector<Chart> charts = flags.updates ? step_curves(load_run_history(flags.runs.front())) : learning_curves(tables);
  save_charts(flags.out, charts);
  flags.shared.write_json(to_text(to_json(charts)));
}

}  // namespace

void add_plot(CLI::App& app, int&) {
  auto flags = std::make_shared<PlotFlags>();
  CLI::App* command = app.add_subcommand("plot", "Draw learning curves");
  command->footer(
      "Example:\n  fovea plot runs/seed-1 runs/seed-2 runs/seed-3 --out curves.svg\n\n"
      "Of several runs: the mean, and the deviation as a band. --updates draws losses, rates and sizes of updates of one run.");
  command->add_option("runs", flags->runs, "run folders")->required();
  command->add_option("--out", flags->out, "picture (.png, .jpg, ...) or vectors (.svg)")->required();
  command->add_flag("--updates", flags->updates, "update by update, not epoch by epoch");
  flags->shared.add_to(*command);
  command->callback([flags] { run_plot(*flags); });
}

}  // namespace fovea::cli
