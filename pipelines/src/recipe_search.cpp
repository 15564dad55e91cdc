#include "fovea/pipelines/recipe_search.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "fovea/base/error.hpp"
#include "fovea/base/file.hpp"
#include "fovea/base/stop_token.hpp"
#include "search_space.hpp"
#include "training_setup.hpp"

namespace fovea {

namespace fs = std::filesystem;

namespace {

/// A training that is not worth finishing.
class TrialAborted final : public Error {
 public:
  using Error::Error;
};

class AbortHook final : public TrainerHook {
 public:
  explicit AbortHook(double limit) : limit_(limit) {}
  void on_step(const StepReport& report) override {
    if (report.epoch == 0 && report.step == 0) first_ = smoothed_ = report.loss;
    smoothed_ = kSmoothing * smoothed_ + (1 - kSmoothing) * report.loss;
    if (smoothed_ > limit_ * first_) throw TrialAborted(fmt::format("the loss rose to {:.4g}, from {:.4g} at first", smoothed_, first_));
  }

 private:
  static constexpr double kSmoothing = 0.9;
  double limit_, first_ = 0, smoothed_ = 0;
};

Json entry_of(const SearchTrial& trial) {
  return {{"trial", trial.number},
          {"round", trial.round},
          {"status", trial.status},
          {"reason", trial.reason},
          {"value", trial.value ? Json(*trial.value) : Json(nullptr)},
          {"values", trial.values}};
}

/// A search under way.
class Search {
 public:
  Search(const ClassifierRecipe& recipe, const std::vector<SearchRange>& space, const SearchOptions& options,
         const TrainEnvironment& environment)
      : recipe_(recipe), space_(space), options_(options), environment_(environment) {
    check_recipe(recipe);
    result_.metric = !recipe.metric.empty() ? recipe.metric : recipe.ema_decay > 0 ? "ema_val_top1" : "val_top1";
    if (options.trials < 1) throw OptionError(fmt::format("a search takes at least 1 trial, found {}", options.trials));
    if (options.rounds < 1 || options.rounds > options.trials)
      throw OptionError(fmt::format("a search of {} trials has 1 to {} rounds, found {}", options.trials, options.trials, options.rounds));
    if (!(options.give_up > 1)) throw OptionError(fmt::format("the factor to give up at is above 1, found {}", options.give_up));
  }

  SearchResult run() {
    if (options_.grid > 0)
      for (const Json& values : grid_values(space_, options_.grid)) run_trial(1, values);
    else
      run_rounds();
    if (result_.best) {
      flag_edges();
      write_json_file(environment_.out / "best_recipe.json", recipe_with(result_.trials[*result_.best].values).to_json());
    }
    return std::move(result_);
  }

 private:
  void run_rounds() {
    std::vector<Window> windows(space_.size());
    for (std::int64_t round = 1; round <= options_.rounds; ++round) {
      const std::int64_t end = options_.trials * round / options_.rounds;
      while (static_cast<std::int64_t>(result_.trials.size()) < end)
        run_trial(round, random_values(space_, windows, recipe_.seed, static_cast<std::int64_t>(result_.trials.size()) + 1));
      if (!result_.best) continue;
      const Json& best = result_.trials[*result_.best].values;
      for (std::size_t i = 0; i < space_.size(); ++i)
        if (space_[i].kind != SearchRange::Kind::choice) windows[i] = narrowed(windows[i], place_of(space_[i], best[space_[i].key]));
    }
  }

  ClassifierRecipe recipe_with(const Json& values) const {
    Json json = recipe_.to_json();
    json.update(values);
    return ClassifierRecipe::from_json(json, "recipe of a trial");
  }

  void run_trial(std::int64_t round, const Json& values) {
    SearchTrial trial{.number = static_cast<std::int64_t>(result_.trials.size()) + 1,
                      .round = round,
                      .values = values,
                      .status = {},
                      .reason = {},
                      .value = {}};
    const fs::path folder = environment_.out / fmt::format("trial-{:03}", trial.number), file = folder / "trial.json";
    if (fs::exists(file)) {
      read_trial(trial, file);
    } else {
      fs::remove_all(folder);  // what a trial left that was stopped
      train_trial(trial, folder);
      write_json_file(file, entry_of(trial));
    }
    take(trial);
  }

  void read_trial(SearchTrial& trial, const fs::path& file) const {
    const Json json = read_json_file(file);
    const std::string where = file.string();
    require_keys(json, std::vector<std::string>{"values", "status", "reason", "value"}, where);
    if (json["values"] != trial.values)
      throw OptionError(
          fmt::format("{} is of another search: its values are {}, expected {}", where, json["values"].dump(), trial.values.dump()));
    read_option(json, "status", trial.status, where);
    read_option(json, "reason", trial.reason, where);
    if (json["value"].is_number()) trial.value = json["value"].get<double>();
  }

  void train_trial(SearchTrial& trial, const fs::path& folder) const {
    TrainEnvironment own = environment_;
    own.out = folder;
    own.log = nullptr;
    own.hooks.push_back(std::make_shared<AbortHook>(options_.give_up));
    try {
      const TrainingSummary summary = train_classifier(recipe_with(trial.values), own).summary;
      if (summary.stopped) throw Stopped();
      trial.value = summary.best_value;
      trial.status = "done";
    } catch (const Stopped&) {
      throw;
    } catch (const TrialAborted& aborted) {
      trial.status = "aborted";
      trial.reason = aborted.what();
    } catch (const Error& error) {
      trial.status = "failed";
      trial.reason = error.what();
    }
  }

  bool is_better(double value) const {
    if (!result_.best) return true;
    const double best = *result_.trials[*result_.best].value;
    return result_.metric.ends_with("loss") ? value < best : value > best;
  }

  /// Everything is written anew after every trial: what is there can be looked at while the search goes on.
  void take(const SearchTrial& trial) {
    const bool best = trial.value && is_better(*trial.value);
    result_.trials.push_back(trial);
    if (best) result_.best = result_.trials.size() - 1;
    write_json_file(environment_.out / "search.json", to_json(result_));
    write_file(environment_.out / "trials.csv", table());
    if (environment_.log)
      environment_.log(fmt::format(
          "trial {}  {}  {}{}", trial.number, trial.values.dump(),
          trial.value ? fmt::format("{} {:.4f}", result_.metric, *trial.value) : trial.status + ": " + trial.reason, best ? "  best" : ""));
  }

  std::string table() const {
    std::string text = "trial,round,status," + result_.metric;
    for (const SearchRange& range : space_) text += "," + range.key;
    for (const SearchTrial& trial : result_.trials) {
      text += fmt::format("\n{},{},{},{}", trial.number, trial.round, trial.status, trial.value ? fmt::format("{}", *trial.value) : "");
      for (const SearchRange& range : space_) text += "," + quoted(trial.values[range.key].dump());
    }
    return text + "\n";
  }

  /// A cell of a CSV file (RFC 4180): lists and texts hold commas and quotes.
  static std::string quoted(const std::string& cell) {
    if (cell.find_first_of(",\"") == std::string::npos) return cell;
    std::string text = "\"";
    for (const char c : cell) text += c == '"' ? std::string("\"\"") : std::string(1, c);
    return text + "\"";
  }

  void flag_edges() {
    constexpr double kNear = 0.05;
    const Json& best = result_.trials[*result_.best].values;
    for (const SearchRange& range : space_) {
      if (range.kind == SearchRange::Kind::choice) continue;
      const double place = place_of(range, best[range.key]);
      if (place < kNear || place > 1 - kNear) result_.at_edge.push_back(range.key);
    }
    write_json_file(environment_.out / "search.json", to_json(result_));
  }

  const ClassifierRecipe& recipe_;
  const std::vector<SearchRange>& space_;
  SearchOptions options_;
  const TrainEnvironment& environment_;
  SearchResult result_;
};

}  // namespace

SearchResult search_recipes(const ClassifierRecipe& recipe, const std::vector<SearchRange>& space, const SearchOptions& options,
                            const TrainEnvironment& environment) {
  return Search(recipe, space, options, environment).run();
}

Json to_json(const SearchResult& result) {
  Json trials = Json::array();
  for (const SearchTrial& trial : result.trials) trials.push_back(entry_of(trial));
  Json best = nullptr;
  if (result.best) {
    const SearchTrial& trial = result.trials[*result.best];
    best = {{"trial", trial.number}, {"value", *trial.value}, {"values", trial.values}};
  }
  return {{"metric", result.metric}, {"best", best}, {"at_edge", result.at_edge}, {"trials", trials}};
}

}  // namespace fovea
