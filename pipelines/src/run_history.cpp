#include "fovea/pipelines/run_history.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <limits>
#include <nlohmann/json.hpp>

#include "fovea/base/error.hpp"
#include "fovea/base/file.hpp"
#include "fovea/base/text.hpp"

namespace fovea {

namespace fs = std::filesystem;

namespace {

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

double number_of(const std::string& cell) {
  double value = kNone;
  const auto [end, error] = std::from_chars(cell.data(), cell.data() + cell.size(), value);
  return error == std::errc() && end == cell.data() + cell.size() ? value : kNone;
}

double number_in(const Json& json, const char* key) {
  const auto found = json.find(key);
  return found != json.end() && found->is_number() ? found->get<double>() : kNone;
}

LoggedStep step_of(const Json& line, const std::string& where) {
  LoggedStep step{.loss = number_in(line, "loss"),
                  .learning_rate = number_in(line, "learning_rate"),
                  .gradient_norm = number_in(line, "gradient_norm"),
                  .images_per_second = number_in(line, "images_per_second"),
                  .weights = {}};
  read_option(line, "update", step.update, where);
  read_option(line, "epoch", step.epoch, where);
  if (line.contains("weights"))
    for (const auto& [name, weight] : line["weights"].items())
      step.weights.push_back(
          {name, number_in(weight, "gradient_norm"), number_in(weight, "weight_norm"), number_in(weight, "update_ratio")});
  return step;
}

void take_line(RunHistory& history, const Json& line, const std::string& where) {
  std::string event;
  read_option(line, "event", event, where);
  if (event == "run") {
    read_option(line, "classes", history.classes, where);
    read_option(line, "train_images", history.train_images, where);
    read_option(line, "updates_per_epoch", history.updates_per_epoch, where);
    read_option(line, "epochs", history.epochs, where);
    read_option(line, "label_smoothing", history.label_smoothing, where);
  }
  if (event == "step") history.steps.push_back(step_of(line, where));
  if (event == "epoch" && line.contains("dead_channels")) {
    history.dead_channels.clear();
    for (const auto& [layer, share] : line["dead_channels"].items()) history.dead_channels.emplace_back(layer, share.get<double>());
  }
  if (event == "stop") read_option(line, "reason", history.stopped, where);
}

void load_log(RunHistory& history, const fs::path& file) {
  const std::string text = read_text_file(file);
  std::size_t number = 0;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = text.find('\n', begin);
    if (end == std::string::npos) return;  // being written, or cut short
    const std::string where = fmt::format("{}, line {}", file.string(), ++number);
    take_line(history, parse_json(std::string_view(text).substr(begin, end - begin), where), where);
    begin = end + 1;
  }
}

}  // namespace

bool ResultsTable::has(const std::string& column) const { return std::find(columns.begin(), columns.end(), column) != columns.end(); }

std::vector<double> ResultsTable::column(const std::string& name) const {
  const auto found = std::find(columns.begin(), columns.end(), name);
  if (found == columns.end()) throw OptionError(unknown_name_message("column", name, columns));
  std::vector<double> values;
  for (const auto& row : rows) values.push_back(row[static_cast<std::size_t>(found - columns.begin())]);
  return values;
}

ResultsTable load_results(const fs::path& file) {
  ResultsTable table;
  for (const std::string& line : split(read_text_file(file), '\n')) {
    if (line.empty()) continue;
    const std::vector<std::string> cells = split(line, ',');
    if (table.columns.empty()) {
      table.columns = cells;
      continue;
    }
    if (cells.size() != table.columns.size())
      throw FileError(file.string(),
                      fmt::format("row {} has {} cells, expected {}", table.rows.size() + 1, cells.size(), table.columns.size()));
    table.rows.emplace_back();
    for (const std::string& cell : cells) table.rows.back().push_back(number_of(cell));
  }
  return table;
}

RunHistory load_run_history(const fs::path& folder) {
  RunHistory history{.name = fs::absolute(folder / ".").parent_path().filename().string(), .results = {}};
  const bool has_results = fs::exists(folder / "results.csv"), has_log = fs::exists(folder / "log.jsonl");
  if (!has_results && !has_log)
    throw FileError(folder.string(), "holds neither results.csv nor log.jsonl: expected the folder of a training");
  if (has_results) history.results = load_results(folder / "results.csv");
  if (has_log) load_log(history, folder / "log.jsonl");
  return history;
}

}  // namespace fovea
