#include "fovea/evaluation/classification_metrics.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <numeric>
#include <set>
#include <utility>

#include "fovea/base/error.hpp"

namespace fovea {

namespace {

constexpr std::int64_t kTop = 5;

double ratio(std::int64_t part, std::int64_t whole) { return whole == 0 ? 0 : static_cast<double>(part) / static_cast<double>(whole); }

void check_probabilities(std::span<const float> probabilities, std::size_t classes) {
  if (probabilities.size() != classes)
    throw OptionError(fmt::format("[classification metrics] expected {} probabilities, found {}", classes, probabilities.size()));
  double sum = 0;
  for (std::size_t i = 0; i < classes; ++i) {
    const float p = probabilities[i];
    if (!(p >= 0 && p <= 1)) throw OptionError(fmt::format("[classification metrics] the probability of class {} is {}", i, p));
    sum += p;
  }
  if (std::abs(sum - 1) > 1e-3) throw OptionError(fmt::format("[classification metrics] the probabilities sum to {}, expected 1", sum));
}

/// How many classes come before `label` when the most probable come first.
std::int64_t rank_of(std::size_t label, std::span<const float> probabilities) {
  std::int64_t rank = 0;
  for (std::size_t i = 0; i < probabilities.size(); ++i)
    rank += probabilities[i] > probabilities[label] || (probabilities[i] == probabilities[label] && i < label);
  return rank;
}

ClassMetrics class_metrics(std::int64_t right, std::int64_t predicted, std::int64_t support) {
  return {.precision = ratio(right, predicted),
          .recall = ratio(right, support),
          .f1 = ratio(2 * right, predicted + support),
          .support = support};
}

ClassMetrics macro_average(const std::vector<ClassMetrics>& classes) {
  ClassMetrics sum;
  for (const ClassMetrics& metrics : classes) {
    sum.precision += metrics.precision;
    sum.recall += metrics.recall;
    sum.f1 += metrics.f1;
    sum.support += metrics.support;
  }
  const auto count = static_cast<double>(classes.size());
  return {.precision = sum.precision / count, .recall = sum.recall / count, .f1 = sum.f1 / count, .support = sum.support};
}

Json to_json(const ClassMetrics& metrics) {
  return {{"precision", metrics.precision}, {"recall", metrics.recall}, {"f1", metrics.f1}, {"support", metrics.support}};
}

}  // namespace

ClassificationEvaluator::ClassificationEvaluator(std::vector<std::string> labels) : labels_(std::move(labels)) {
  if (labels_.empty()) throw OptionError("[classification metrics] expected the names of the classes, found none");
  std::set<std::string> seen;
  for (const std::string& label : labels_)
    if (!seen.insert(label).second) throw OptionError(fmt::format("[classification metrics] two classes are called \"{}\"", label));
  confusion_.assign(labels_.size(), std::vector<std::int64_t>(labels_.size()));
}

void ClassificationEvaluator::add(std::span<const float> probabilities, std::int64_t label) {
  check_probabilities(probabilities, labels_.size());
  if (label < 0 || label >= static_cast<std::int64_t>(labels_.size()))
    throw OptionError(fmt::format("[classification metrics] there are {} classes, found the label {}", labels_.size(), label));
  const auto actual = static_cast<std::size_t>(label);
  const auto highest = std::max_element(probabilities.begin(), probabilities.end());  // the first of equals
  const auto predicted = static_cast<std::size_t>(highest - probabilities.begin());

  ++confusion_[actual][predicted];
  in_top5_ += rank_of(actual, probabilities) < kTop;
  nll_ -= std::log(static_cast<double>(std::max(probabilities[actual], std::numeric_limits<float>::min())));

  const double confidence = *highest;
  const int bin = std::clamp(static_cast<int>(std::ceil(confidence * kCalibrationBins)) - 1, 0, kCalibrationBins - 1);
  Bin& b = bins_[static_cast<std::size_t>(bin)];
  ++b.count;
  b.right += predicted == actual;
  b.confidence += confidence;
}

ClassificationMetrics ClassificationEvaluator::result() const {
  ClassificationMetrics metrics;
  metrics.labels = labels_;
  metrics.confusion = confusion_;
  std::int64_t right = 0;
  for (std::size_t c = 0; c < labels_.size(); ++c) {
    const std::int64_t support = std::accumulate(confusion_[c].begin(), confusion_[c].end(), std::int64_t{0});
    std::int64_t predicted = 0;
    for (const auto& row : confusion_) predicted += row[c];
    metrics.per_class.push_back(class_metrics(confusion_[c][c], predicted, support));
    metrics.count += support;
    right += confusion_[c][c];
  }
  metrics.macro = macro_average(metrics.per_class);
  if (metrics.count == 0) return metrics;

  const auto count = static_cast<double>(metrics.count);
  metrics.top1 = ratio(right, metrics.count);
  metrics.top5 = ratio(in_top5_, metrics.count);
  metrics.mean_nll = nll_ / count;
  for (const Bin& bin : bins_) metrics.ece += std::abs(static_cast<double>(bin.right) - bin.confidence) / count;
  return metrics;
}

Json to_json(const ClassificationMetrics& metrics, const EvaluationSubject& subject) {
  Json per_class = Json::object();
  for (std::size_t c = 0; c < metrics.labels.size(); ++c) per_class[metrics.labels[c]] = to_json(metrics.per_class[c]);
  return {{"protocol", "classification"},
          {"count", metrics.count},
          {"split", subject.split},
          {"model", subject.model},
          {"fovea_version", subject.fovea_version},
          {"top1", metrics.top1},
          {"top5", metrics.top5},
          {"ece", metrics.ece},
          {"mean_nll", metrics.mean_nll},
          {"macro", {{"precision", metrics.macro.precision}, {"recall", metrics.macro.recall}, {"f1", metrics.macro.f1}}},
          {"per_class", per_class},
          {"labels", metrics.labels},
          {"confusion", metrics.confusion}};
}

}  // namespace fovea
