#include "fovea/evaluation/classification_curves.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <numeric>

#include "fovea/base/error.hpp"

namespace fovea {

namespace {

double quotient(std::int64_t part, std::int64_t whole) { return whole == 0 ? 0 : static_cast<double>(part) / static_cast<double>(whole); }

/// The mean of a property of the classes where it is defined, each with its weight; -1 when it is nowhere.
template <class Weight>
double mean_over(const std::vector<BinaryCurve>& curves, double BinaryCurve::*property, Weight&& weight) {
  double sum = 0, weights = 0;
  for (const BinaryCurve& curve : curves) {
    if (curve.*property < 0) continue;
    sum += weight(curve) * curve.*property;
    weights += weight(curve);
  }
  return weights > 0 ? sum / weights : -1;
}

Json areas(double auc, double average_precision) { return {{"auc", auc}, {"average_precision", average_precision}}; }

}  // namespace

BinaryCurve binary_curve(std::span<const double> scores, std::span<const std::uint8_t> is_positive) {
  if (scores.size() != is_positive.size())
    throw OptionError(fmt::format("[binary curve] expected as many signs as scores, found {} and {}", is_positive.size(), scores.size()));
  if (std::any_of(scores.begin(), scores.end(), [](double score) { return std::isnan(score); }))
    throw OptionError("[binary curve] expected numbers as scores, found NaN");
  std::vector<std::size_t> order(scores.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return scores[a] > scores[b]; });
  BinaryCurve curve;
  curve.positives = std::count_if(is_positive.begin(), is_positive.end(), [](std::uint8_t sign) { return sign != 0; });
  curve.negatives = static_cast<std::int64_t>(is_positive.size()) - curve.positives;
  std::int64_t right = 0, wrong = 0;
  double area = 0, average = 0, last_recall = 0, last_rate = 0;
  for (std::size_t i = 0; i < order.size(); ++i) {
    (is_positive[order[i]] != 0 ? right : wrong) += 1;
    if (i + 1 < order.size() && scores[order[i + 1]] == scores[order[i]]) continue;  // equal scores are one threshold
    const double recall = quotient(right, curve.positives), rate = quotient(wrong, curve.negatives);
    const double precision = quotient(right, right + wrong);
    area += (rate - last_rate) * (recall + last_recall) / 2;
    average += (recall - last_recall) * precision;
    last_recall = recall;
    last_rate = rate;
    curve.threshold.push_back(scores[order[i]]);
    curve.recall.push_back(recall);
    curve.false_positive_rate.push_back(rate);
    curve.precision.push_back(precision);
  }
  if (curve.positives > 0 && curve.negatives > 0) curve.auc = area;
  if (curve.positives > 0) curve.average_precision = average;
  return curve;
}

ClassificationCurves classification_curves(const ClassPredictions& predictions) {
  const std::size_t classes = predictions.labels.size(), samples = predictions.size();
  ClassificationCurves curves{.labels = predictions.labels};
  std::vector<double> all_scores(samples * classes), scores(samples);
  std::vector<std::uint8_t> all_signs(samples * classes), signs(samples);
  for (std::size_t c = 0; c < classes; ++c) {
    for (std::size_t i = 0; i < samples; ++i) {
      all_scores[i * classes + c] = scores[i] = static_cast<double>(predictions.row(i)[c]);
      all_signs[i * classes + c] = signs[i] = predictions.actual[i] == static_cast<std::int64_t>(c) ? 1 : 0;
    }
    curves.per_class.push_back(binary_curve(scores, signs));
  }
  curves.micro = binary_curve(all_scores, all_signs);
  const auto equal = [](const BinaryCurve&) { return 1.0; };
  const auto by_support = [](const BinaryCurve& curve) { return static_cast<double>(curve.positives); };
  curves.macro_auc = mean_over(curves.per_class, &BinaryCurve::auc, equal);
  curves.macro_average_precision = mean_over(curves.per_class, &BinaryCurve::average_precision, equal);
  curves.weighted_auc = mean_over(curves.per_class, &BinaryCurve::auc, by_support);
  curves.weighted_average_precision = mean_over(curves.per_class, &BinaryCurve::average_precision, by_support);
  return curves;
}

double f_beta(double precision, double recall, double beta) {
  if (!(beta > 0)) throw OptionError(fmt::format("[F-beta] expected beta > 0, found {}", beta));
  const double square = beta * beta, below = square * precision + recall;
  return below > 0 ? (1 + square) * precision * recall / below : 0;
}

double top_k_accuracy(const ClassPredictions& predictions, std::int64_t k) {
  if (k < 1) throw OptionError(fmt::format("[top-k accuracy] expected k from 1 on, found {}", k));
  std::int64_t right = 0;
  for (std::size_t i = 0; i < predictions.size(); ++i) {
    const std::span<const float> row = predictions.row(i);
    const auto label = static_cast<std::size_t>(predictions.actual[i]);
    std::int64_t before = 0;
    for (std::size_t c = 0; c < row.size(); ++c) before += row[c] > row[label] || (row[c] == row[label] && c < label) ? 1 : 0;
    right += before < k ? 1 : 0;
  }
  return quotient(right, static_cast<std::int64_t>(predictions.size()));
}

std::vector<ReliabilityBin> reliability(const ClassPredictions& predictions, int bins) {
  if (bins < 1) throw OptionError(fmt::format("[reliability] expected at least 1 bin, found {}", bins));
  std::vector<ReliabilityBin> result(static_cast<std::size_t>(bins));
  for (int b = 0; b < bins; ++b) {
    result[static_cast<std::size_t>(b)].lower = static_cast<double>(b) / bins;
    result[static_cast<std::size_t>(b)].upper = static_cast<double>(b + 1) / bins;
  }
  for (std::size_t i = 0; i < predictions.size(); ++i) {
    const std::span<const float> row = predictions.row(i);
    const auto highest = std::max_element(row.begin(), row.end());  // the first of equals
    const double confidence = static_cast<double>(*highest);
    ReliabilityBin& bin = result[static_cast<std::size_t>(std::clamp(static_cast<int>(std::ceil(confidence * bins)) - 1, 0, bins - 1))];
    ++bin.count;
    bin.accuracy += highest - row.begin() == predictions.actual[i] ? 1 : 0;
    bin.confidence += confidence;
  }
  for (ReliabilityBin& bin : result)
    if (bin.count > 0) {
      bin.accuracy /= static_cast<double>(bin.count);
      bin.confidence /= static_cast<double>(bin.count);
    }
  return result;
}

Json to_json(const ClassificationCurves& curves) {
  Json per_class = Json::object();
  for (std::size_t c = 0; c < curves.labels.size(); ++c)
    per_class[curves.labels[c]] = areas(curves.per_class[c].auc, curves.per_class[c].average_precision);
  return {{"micro", areas(curves.micro.auc, curves.micro.average_precision)},
          {"macro", areas(curves.macro_auc, curves.macro_average_precision)},
          {"weighted", areas(curves.weighted_auc, curves.weighted_average_precision)},
          {"per_class", per_class}};
}

}  // namespace fovea
