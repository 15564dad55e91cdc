#include "fovea/pipelines/diagnosis.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>

#include "fovea/base/error.hpp"

namespace fovea {

namespace {

using Kind = Finding::Kind;
using Findings = std::vector<Finding>;

std::vector<double> column_or_nothing(const RunHistory& run, const std::string& name) {
  return run.results.has(name) ? run.results.column(name) : std::vector<double>();
}

bool all_finite(const std::vector<double>& values) {
  return std::all_of(values.begin(), values.end(), [](double value) { return std::isfinite(value); });
}

/// By how much a curve fell over the last quarter of its epochs (at least one), relative to where that began; 0 for a single epoch.
double fall_at_the_end(const std::vector<double>& values) {
  if (values.size() < 2) return 0;
  const std::size_t quarter = std::max<std::size_t>(values.size() / 4, 1);
  const double before = values[values.size() - 1 - quarter];
  return before > 0 ? (before - values.back()) / before : 0;
}

double median(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

/// The losses of a run, as far as they were logged and are numbers.
struct Curves {
  std::vector<double> train, validation;
  double even_odds = 0;  ///< log C; 0 when the classes are not known

  static std::optional<Curves> of(const RunHistory& run) {
    Curves curves{column_or_nothing(run, "train_loss"), column_or_nothing(run, "val_loss"), 0};
    if (curves.train.empty() || !all_finite(curves.train) || !all_finite(curves.validation)) return std::nullopt;
    if (run.classes > 1) curves.even_odds = std::log(static_cast<double>(run.classes));
    return curves;
  }
};

void find_not_finite(const RunHistory& run, Findings& findings) {
  for (const char* name : {"train_loss", "val_loss"}) {
    const std::vector<double> losses = column_or_nothing(run, name);
    const auto bad = std::find_if(losses.begin(), losses.end(), [](double loss) { return !std::isfinite(loss); });
    if (bad == losses.end()) continue;
    const auto epoch = static_cast<double>(bad - losses.begin() + 1);
    findings.push_back(
        {"not_finite",
         Kind::problem,
         fmt::format("{} is no number in epoch {}: the learning rate is too high; lower it ten times, or clip gradients", name, epoch),
         {{"epoch", epoch}}});
    return;
  }
}

/// Whether nothing is learnt at all: then the other rules about losses mean nothing.
bool find_no_learning(const Curves& curves, Findings& findings) {
  constexpr double kNear = 0.03;
  if (curves.even_odds == 0) return false;
  if (curves.train.back() < (1 - kNear) * curves.even_odds) return false;
  findings.push_back(
      {"no_learning",
       Kind::problem,
       fmt::format("train_loss is {:.4f} after {} epochs, even odds give {:.4f}: nothing is learnt. Try other learning rates "
                   "(fovea find-lr), and look at the labels and the batch (fovea train --check)",
                   curves.train.back(), curves.train.size(), curves.even_odds),
       {{"train_loss", curves.train.back()}, {"log_classes", curves.even_odds}}});
  return true;
}

void find_overfitting(const Curves& curves, Findings& findings) {
  if (curves.validation.empty()) return;
  const std::vector<double>&train = curves.train, &validation = curves.validation;
  const auto least = static_cast<std::size_t>(std::min_element(validation.begin(), validation.end()) - validation.begin());
  const bool rises = validation.back() > 1.05 * validation[least] && train.back() < train[least];
  const bool gap = validation.back() > 1.5 * train.back() && validation.back() - train.back() > 0.1 * std::max(curves.even_odds, 0.5);
  if (!rises && !gap) return;
  std::string statement = fmt::format("train_loss ended at {:.4f}, val_loss at {:.4f}", train.back(), validation.back());
  if (rises) statement += fmt::format(", up from {:.4f} in epoch {}", validation[least], least + 1);
  statement += ": over-fitting. More data or augmentation, weight decay, dropout, a smaller network";
  if (rises) statement += ", or an earlier end (patience)";
  findings.push_back({"overfitting",
                      Kind::problem,
                      statement,
                      {{"train_loss", train.back()},
                       {"val_loss", validation.back()},
                       {"least_val_loss", validation[least]},
                       {"least_val_loss_epoch", static_cast<double>(least + 1)}}});
}

void find_underfitting(const Curves& curves, Findings& findings) {
  constexpr double kStill = 0.02;
  const double train_fall = fall_at_the_end(curves.train);
  const double validation_fall = curves.validation.empty() ? train_fall : fall_at_the_end(curves.validation);
  const std::vector<std::pair<std::string, double>> values = {
      {"train_loss", curves.train.back()}, {"train_fall", train_fall}, {"val_fall", validation_fall}};
  if (train_fall > kStill && validation_fall > kStill) {
    findings.push_back(
        {"unfinished", Kind::note,
         fmt::format("in the last quarter of {} epochs train_loss still fell by {:.1f} % and val_loss by {:.1f} %: more epochs "
                     "would help",
                     curves.train.size(), 100 * train_fall, 100 * validation_fall),
         values});
    return;
  }
  if (curves.even_odds == 0 || curves.validation.empty() || curves.train.size() < 4) return;
  const bool high = curves.train.back() > 0.5 * curves.even_odds;
  const bool no_gap = std::abs(curves.validation.back() - curves.train.back()) <= 0.15 * curves.train.back();
  if (!high || !no_gap || train_fall > kStill) return;
  findings.push_back({"underfitting", Kind::problem,
                      fmt::format("train_loss ended at {:.4f} (even odds: {:.4f}), val_loss at {:.4f}, and neither falls any more: "
                                  "under-fitting. A larger network, less regularisation, or another learning rate",
                                  curves.train.back(), curves.even_odds, curves.validation.back()),
                      values});
}

/// The median update ratio of each weight, over the updates with at least half of the highest rate.
std::map<std::string, double> median_ratios(const RunHistory& run) {
  double highest = 0;
  for (const LoggedStep& step : run.steps) highest = std::max(highest, step.learning_rate);
  std::map<std::string, std::vector<double>> ratios;
  for (const LoggedStep& step : run.steps)
    if (step.learning_rate >= 0.5 * highest)
      for (const LoggedWeight& weight : step.weights)
        if (std::isfinite(weight.update_ratio)) ratios[weight.name].push_back(weight.update_ratio);
  std::map<std::string, double> medians;
  for (auto& [name, list] : ratios) medians[name] = median(std::move(list));
  return medians;
}

void find_rate(const RunHistory& run, Findings& findings) {
  constexpr double kHigh = 0.03, kLow = 1e-4;
  const std::map<std::string, double> ratios = median_ratios(run);
  std::vector<double> all;
  std::size_t too_large = 0;
  std::pair<std::string, double> largest;
  for (const auto& [name, ratio] : ratios) {
    all.push_back(ratio);
    too_large += ratio > kHigh;
    if (ratio > largest.second) largest = {name, ratio};
  }
  if (!all.empty() && 10 * too_large >= all.size() && too_large > 0) {
    findings.push_back(
        {"rate_too_high",
         Kind::problem,
         fmt::format("updates change {} of {} weights by more than {} of their size at a time, most of all {} ({:.3f}); about "
                     "0.001 is usual: lower the learning rate",
                     too_large, all.size(), kHigh, largest.first, largest.second),
         {{"largest_update_ratio", largest.second}, {"weights_above", static_cast<double>(too_large)}}});
  } else if (!all.empty()) {
    const double middle = median(all);
    if (middle < kLow)
      findings.push_back(
          {"rate_too_low",
           Kind::problem,
           fmt::format("updates change the weights by {:.2g} of their size at a time (median); about 0.001 is usual: raise the "
                       "learning rate",
                       middle),
           {{"median_update_ratio", middle}}});
    else
      findings.push_back(
          {"update_ratio",
           Kind::note,
           fmt::format("updates change the weights by {:.2g} of their size at a time (median; about 0.001 is usual)", middle),
           {{"median_update_ratio", middle}}});
  }
}

void find_loss_jumps(const RunHistory& run, Findings& findings) {
  constexpr double kJump = 3;
  for (std::size_t i = 1; i < run.steps.size(); ++i) {
    if (!(run.steps[i].loss > kJump * run.steps.front().loss)) continue;
    findings.push_back(
        {"rate_too_high",
         Kind::problem,
         fmt::format("the loss rose to {:.4g} at update {}, {:.1f} times that of the first: lower the learning rate, or warm up",
                     run.steps[i].loss, run.steps[i].update, run.steps[i].loss / run.steps.front().loss),
         {{"loss", run.steps[i].loss}, {"first_loss", run.steps.front().loss}, {"update", static_cast<double>(run.steps[i].update)}}});
    return;
  }
}

void find_dead_units(const RunHistory& run, Findings& findings) {
  constexpr double kWorthSaying = 0.1, kProblem = 0.4;
  for (const auto& [layer, share] : run.dead_channels) {
    if (share <= kWorthSaying) continue;
    findings.push_back(
        {"dead_units",
         share > kProblem ? Kind::problem : Kind::note,
         fmt::format("{:.0f} % of the channels of {} never fire on 128 training images: a lower learning rate, or leaky ReLU", 100 * share,
                     layer),
         {{"share", share}}});
  }
}

void find_vanishing(const RunHistory& run, Findings& findings) {
  constexpr double kVanishing = 1e-3;
  std::vector<double> quotients;
  for (const LoggedStep& step : run.steps) {
    if (step.weights.size() < 3) continue;
    const auto relative = [](const LoggedWeight& weight) { return weight.gradient_norm / weight.weight_norm; };
    const double quotient = relative(step.weights.front()) / relative(step.weights.back());
    if (std::isfinite(quotient)) quotients.push_back(quotient);
  }
  if (quotients.empty()) return;
  const double middle = median(quotients);
  if (middle >= kVanishing) return;
  findings.push_back(
      {"vanishing",
       Kind::problem,
       fmt::format("relative to the weights, gradients of {} are {:.2g} of those of {}: they vanish on their way back. Batch norm, "
                   "residual connections, other first values, ReLU for sigmoid and tanh",
                   run.steps.front().weights.front().name, middle, run.steps.front().weights.back().name),
       {{"quotient", middle}}});
}

/// Of the epoch with the best val_top1, or the last one: training loss and accuracy.
struct Outcome {
  double loss, metric;
};
Outcome outcome_of(const RunHistory& run) {
  const std::vector<double> losses = column_or_nothing(run, "train_loss"), metrics = column_or_nothing(run, "val_top1");
  if (losses.empty() || metrics.empty())
    throw OptionError(fmt::format("the run {} has no finished epoch with train_loss and val_top1", run.name));
  const auto best = std::max_element(metrics.begin(), metrics.end()) - metrics.begin();
  return {losses[static_cast<std::size_t>(best)], metrics[static_cast<std::size_t>(best)]};
}

}  // namespace

std::vector<Finding> diagnose(const RunHistory& run) {
  Findings findings;
  find_not_finite(run, findings);
  if (const std::optional<Curves> curves = Curves::of(run); curves && !find_no_learning(*curves, findings)) {
    find_overfitting(*curves, findings);
    find_underfitting(*curves, findings);
  }
  find_rate(run, findings);
  find_loss_jumps(run, findings);
  find_dead_units(run, findings);
  find_vanishing(run, findings);
  const bool problems = std::any_of(findings.begin(), findings.end(), [](const Finding& finding) { return finding.kind == Kind::problem; });
  if (!problems && !run.results.rows.empty())
    findings.push_back({"healthy", Kind::note, fmt::format("nothing looks wrong in {} epochs", run.results.rows.size()), {}});
  return findings;
}

Finding compare_runs(const RunHistory& run, const RunHistory& other) {
  const Outcome mine = outcome_of(run), theirs = outcome_of(other);
  const bool lower_loss = mine.loss < theirs.loss, worse = mine.metric < theirs.metric;
  const char* verdict = "";
  if (lower_loss && worse)
    verdict = "the loss was lowered better, but it is the wrong objective: regularise, weigh classes, try another loss or network";
  else if (!lower_loss && worse)
    verdict = "the optimiser did not get as far: more epochs, another optimiser, learning rate or momentum";
  else if (!lower_loss)
    verdict = "better for a higher loss: the objective does not matter so much, or it was luck; the optimiser could go on";
  else
    verdict = "a lower loss and a better metric: objective and optimiser agree";
  return {"objective_or_optimiser",
          worse ? Kind::problem : Kind::note,
          fmt::format("train_loss {:.4f} and val_top1 {:.4f} against {:.4f} and {:.4f} of {}: {}", mine.loss, mine.metric, theirs.loss,
                      theirs.metric, other.name, verdict),
          {{"train_loss", mine.loss}, {"val_top1", mine.metric}, {"other_train_loss", theirs.loss}, {"other_val_top1", theirs.metric}}};
}

Json to_json(const std::vector<Finding>& findings) {
  Json list = Json::array();
  for (const Finding& finding : findings) {
    Json json = {{"rule", finding.rule}, {"kind", finding.kind == Kind::problem ? "problem" : "note"}, {"statement", finding.statement}};
    for (const auto& [name, value] : finding.values) json[name] = value;
    list.push_back(std::move(json));
  }
  return list;
}

}  // namespace fovea
