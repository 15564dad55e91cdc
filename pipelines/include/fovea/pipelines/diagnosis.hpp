// What the logs of a training say about it.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "fovea/base/json.hpp"
#include "fovea/pipelines/run_history.hpp"

namespace fovea {

/// One statement, with the figures that it rests on.
struct Finding {
  enum class Kind : std::uint8_t { note, problem };
  std::string rule;  ///< "overfitting"
  Kind kind = Kind::note;
  std::string statement;
  std::vector<std::pair<std::string, double>> values;
};

/// The rules, with C classes and "update ratio" for |change| / |weights| of one update; a rule whose figures were not logged is silent:
///     not_finite       a loss is no number: the learning rate is too high
///     no_learning      the last train_loss is not 3 % below log C, the loss of even odds
///     overfitting      val_loss is 5 % above its least value, while train_loss went on falling; or it is 1.5 times train_loss
///     underfitting     train_loss ended above half of log C, val_loss is within 15 % of it, and neither fell by 2 % in the last quarter
///     unfinished       train_loss fell by more than 2 % in the last quarter of the epochs, and val_loss too
///     rate_too_high    the median update ratio of a tenth of the weights or more is above 0.03; or the loss of some update was 3
///                      times that of the first
///     rate_too_low     the median update ratio of all weights is below 1e-4
///     dead_units       more than a tenth (a problem: 4 tenths) of a layer's rectified channels never fire
///     vanishing        the gradients of the first weights, relative to the weights, are less than 1e-3 of those of the last
///     healthy          none of the problems above
/// Sources: CS231n 2018, lecture 7 (babysitting the learning process); Gould 2025, section 3.4.1. The median update ratio counts the
/// updates with at least half of the highest learning rate.
std::vector<Finding> diagnose(const RunHistory& run);

/// Which of optimiser and objective is to blame for a run beside another of the same data: with losses L of training and validation metrics
/// J, L < L' but J worse: the objective; L > L' and J worse: the optimiser. Gould 2025, section 3.4. Throws OptionError when one of the
/// runs has no finished epoch.
Finding compare_runs(const RunHistory& run, const RunHistory& other);

/// [{"rule", "kind": "note" | "problem", "statement", the values by name}]
Json to_json(const std::vector<Finding>& findings);

}  // namespace fovea
