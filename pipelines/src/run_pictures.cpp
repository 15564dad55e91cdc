#include "fovea/pipelines/run_pictures.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string>

#include "fovea/base/error.hpp"
#include "fovea/base/file.hpp"
#include "fovea/vision/confusion_picture.hpp"
#include "fovea/vision/image_writer.hpp"

namespace fovea {

namespace fs = std::filesystem;

namespace {

const cv::Size kChartSize{900, 420};

enum class Kind : std::uint8_t { loss, term, share, rate, other };

/// "train_loss", "val_loss" and "ema_val_loss" are losses, "val_box_loss" is a term of one; the other metrics of the validation are shares
/// of right answers.
Kind kind_of(const std::string& column) {
  if (column.ends_with("val_loss")) return Kind::loss;
  if (column.ends_with("loss")) return column.find("val_") == std::string::npos ? Kind::loss : Kind::term;
  if (column == "learning_rate") return Kind::rate;
  return column.find("val_") != std::string::npos ? Kind::share : Kind::other;
}

/// Mean and deviation of a column over the runs, by epoch.
Series over_runs(std::span<const ResultsTable> runs, const std::string& column, std::size_t epochs) {
  Series series{.name = column, .points = {}};
  std::vector<std::vector<double>> values;
  for (const ResultsTable& run : runs) values.push_back(run.column(column));
  const auto count = static_cast<double>(runs.size());
  for (std::size_t epoch = 0; epoch < epochs; ++epoch) {
    double mean = 0, squares = 0;
    for (const auto& run : values) mean += run[epoch] / count;
    for (const auto& run : values) squares += (run[epoch] - mean) * (run[epoch] - mean);
    series.points.emplace_back(static_cast<double>(epoch + 1), mean);
    if (runs.size() > 1) series.deviation.push_back(std::sqrt(squares / (count - 1)));
  }
  return series;
}

/// One line of a chart by update.
template <class Value>
Series by_update(const RunHistory& run, std::string name, Value value) {
  Series series{.name = std::move(name), .points = {}};
  for (const LoggedStep& step : run.steps) series.points.emplace_back(static_cast<double>(step.update), value(step));
  return series;
}

/// Indices of at most `limit` of `count` things, evenly spread, the first and the last among them.
std::vector<std::size_t> spread(std::size_t count, std::size_t limit) {
  std::vector<std::size_t> indices;
  if (count <= limit)
    for (std::size_t i = 0; i < count; ++i) indices.push_back(i);
  else
    for (std::size_t i = 0; i < limit; ++i) indices.push_back(i * (count - 1) / (limit - 1));
  return indices;
}

/// Logarithms to base ten: ratios span decades. Nothing where there is no logarithm.
Chart update_ratio_chart(const RunHistory& run) {
  Chart chart{{.title = "size of updates relative to weights, log10 (usual: -3)", .x_label = "update", .size = kChartSize, .whole_x = true},
              {}};
  const std::vector<LoggedWeight>& weights = run.steps.front().weights;
  for (const std::size_t i : spread(weights.size(), 8))
    chart.series.push_back(by_update(run, weights[i].name, [&](const LoggedStep& step) {
      const auto found = std::find_if(step.weights.begin(), step.weights.end(), [&](const auto& w) { return w.name == weights[i].name; });
      return found == step.weights.end() ? NAN : std::log10(found->update_ratio);
    }));
  return chart;
}

}  // namespace

std::vector<Chart> learning_curves(std::span<const ResultsTable> runs) {
  if (runs.empty()) throw OptionError("there are no runs to draw");
  std::size_t epochs = runs.front().rows.size();
  for (const ResultsTable& run : runs) {
    epochs = std::min(epochs, run.rows.size());
    if (run.columns != runs.front().columns) throw OptionError("the runs have other columns in their results.csv: draw them apart");
  }
  if (epochs == 0) throw OptionError("a run has no finished epoch to draw");
  const std::string of_runs = runs.size() > 1 ? fmt::format(", mean and deviation of {} runs", runs.size()) : "";
  const char* const shares = runs.front().has("val_AP") ? "validation AP" : "validation accuracy";
  std::vector<Chart> charts;
  for (const auto& [kind, title] : {std::pair{Kind::loss, "loss"}, std::pair{Kind::term, "validation loss by term"},
                                    std::pair{Kind::share, shares}, std::pair{Kind::rate, "learning rate"}}) {
    Chart chart{{.title = title + of_runs, .x_label = "epoch", .size = kChartSize, .whole_x = true}, {}};
    for (const std::string& column : runs.front().columns)
      if (kind_of(column) == kind) chart.series.push_back(over_runs(runs, column, epochs));
    if (!chart.series.empty()) charts.push_back(std::move(chart));
  }
  return charts;
}

std::vector<Chart> step_curves(const RunHistory& run) {
  if (run.steps.empty()) throw OptionError(fmt::format("the log of {} has no entries of single updates", run.name));
  const auto chart = [](const char* title, Series series) {
    return Chart{{.title = title, .x_label = "update", .size = kChartSize, .whole_x = true}, {std::move(series)}};
  };
  std::vector<Chart> charts;
  charts.push_back(chart("loss of single updates", by_update(run, "", [](const LoggedStep& step) { return step.loss; })));
  charts.push_back(chart("norm of all gradients", by_update(run, "", [](const LoggedStep& step) { return step.gradient_norm; })));
  charts.push_back(chart("learning rate", by_update(run, "", [](const LoggedStep& step) { return step.learning_rate; })));
  charts.push_back(update_ratio_chart(run));
  return charts;
}

void save_charts(const fs::path& file, std::span<const Chart> charts) {
  if (file.extension() == ".svg")
    write_file(file, charts_to_svg(charts));
  else
    save_image(file, draw_charts(charts));
}

void LearningCurvesHook::on_epoch(const EpochReport&) {
  const ResultsTable results = load_results(run_ / "results.csv");
  const std::vector<Chart> charts = learning_curves(std::span(&results, 1));
  for (const char* name : {"learning_curves.png", "learning_curves.svg"}) save_charts(run_ / "plots" / name, charts);
}

void save_step_curves(const fs::path& run) {
  const RunHistory history = load_run_history(run);
  if (history.steps.empty()) return;
  const std::vector<Chart> charts = step_curves(history);
  for (const char* name : {"updates.png", "updates.svg"}) save_charts(run / "plots" / name, charts);
}

void save_confusion_matrix(const fs::path& folder, const ClassificationMetrics& metrics) {
  std::vector<std::int64_t> counts;
  for (const auto& row : metrics.confusion) counts.insert(counts.end(), row.begin(), row.end());
  const std::string title = fmt::format("confusion of {} images, top-1 {:.2f} %", metrics.count, 100 * metrics.top1);
  save_image(folder / "confusion_matrix.png", draw_confusion(title, metrics.labels, counts));
}

}  // namespace fovea
