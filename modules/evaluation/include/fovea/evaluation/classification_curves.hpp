// A classifier at every threshold of confidence, and whether its confidences are probabilities.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "fovea/base/json.hpp"

namespace fovea {

/// What a classifier said of many samples.
struct ClassPredictions {
  std::vector<std::string> labels;   ///< names of the classes
  std::vector<float> probabilities;  ///< [samples, classes]
  std::vector<std::int64_t> actual;  ///< index of the true class of each sample
  std::vector<std::string> ids;      ///< names of the samples

  std::size_t size() const { return actual.size(); }
  std::span<const float> row(std::size_t sample) const { return std::span(probabilities).subspan(sample * labels.size(), labels.size()); }
};

/// One class against the rest, after each threshold: samples with this score or more are called positive. One entry for each score that
/// occurs, falling; recall is the rate of true positives.
struct BinaryCurve {
  std::int64_t positives = 0, negatives = 0;
  std::vector<double> threshold, recall, false_positive_rate, precision;
  double auc = -1;                ///< area under recall over false positive rate, by trapezoids from (0, 0); -1 without both kinds
  double average_precision = -1;  ///< sum over thresholds of precision times the rise of recall; -1 without positives
};

/// Throws OptionError when the numbers of scores and of signs differ, and for scores that are NaN.
BinaryCurve binary_curve(std::span<const double> scores, std::span<const std::uint8_t> is_positive);

struct ClassificationCurves {
  std::vector<std::string> labels;
  std::vector<BinaryCurve> per_class;                         ///< the probability of the class as score
  BinaryCurve micro;                                          ///< every pair of a sample and a class counts as one decision
  double macro_auc = -1, macro_average_precision = -1;        ///< unweighted means over the classes where they are defined
  double weighted_auc = -1, weighted_average_precision = -1;  ///< weighted by the number of samples of the class
};

ClassificationCurves classification_curves(const ClassPredictions& predictions);

/// (1 + beta^2) P R / (beta^2 P + R): recall counts beta times as much as precision; 0 for 0/0. Van Rijsbergen, "Information retrieval",
/// 1979, chapter 7. Throws OptionError unless beta > 0.
double f_beta(double precision, double recall, double beta);

/// The part of the samples whose label is among the k most probable classes; of equal ones the lower index comes first. 0 without samples.
/// Throws OptionError unless k >= 1.
double top_k_accuracy(const ClassPredictions& predictions, std::int64_t k);

/// Samples whose highest probability lies in (lower, upper].
struct ReliabilityBin {
  double lower = 0, upper = 0;
  std::int64_t count = 0;
  double accuracy = 0, confidence = 0;  ///< means; 0 for an empty bin
};

/// Guo et al., "On calibration of modern neural networks", ICML 2017, section 2. Throws OptionError unless bins >= 1.
std::vector<ReliabilityBin> reliability(const ClassPredictions& predictions, int bins = 15);

/// {"micro": {auc, average_precision}, "macro": ..., "weighted": ..., "per_class": name -> {auc, average_precision}}.
Json to_json(const ClassificationCurves& curves);

}  // namespace fovea
