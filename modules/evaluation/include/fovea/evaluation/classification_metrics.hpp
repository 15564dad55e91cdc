// How good a classifier is on labelled samples.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "fovea/base/json.hpp"

namespace fovea {

/// One class against the rest. A quotient 0/0 counts as 0: a class that is never predicted has precision 0, an absent one recall 0.
struct ClassMetrics {
  double precision = 0;      ///< right / predicted as this class
  double recall = 0;         ///< right / samples of this class
  double f1 = 0;             ///< harmonic mean of the two
  std::int64_t support = 0;  ///< samples of this class
};

/// Fractions in [0, 1]; all 0 when there are no samples.
struct ClassificationMetrics {
  std::vector<std::string> labels;
  std::int64_t count = 0;
  double top1 = 0;                                   ///< the label is the most probable class
  double top5 = 0;                                   ///< the label is among the min(5, classes) most probable
  std::vector<std::vector<std::int64_t>> confusion;  ///< [actual][predicted]
  std::vector<ClassMetrics> per_class;
  ClassMetrics macro;   ///< unweighted means over all classes; support is count
  double ece = 0;       ///< expected calibration error
  double mean_nll = 0;  ///< mean negative log-likelihood of the labels, in nats
};

/// Collects predictions one by one. Ties are broken by the lower class index.
///
/// Expected calibration error: Guo et al., "On calibration of modern neural networks", ICML 2017, section 2, equation 3. The confidence is
/// the highest probability; bin m of 15 holds the confidences in ((m-1)/15, m/15]; the error is the mean over samples of
/// |accuracy - mean confidence| of their bin.
/// A label's probability of 0 counts as 2^-126, the smallest normal float, so that the mean negative log-likelihood stays finite.
class ClassificationEvaluator {
 public:
  /// `labels` names the classes. Throws OptionError when there are none or two are equal.
  explicit ClassificationEvaluator(std::vector<std::string> labels);

  /// One sample: a probability for each class, and the index of its true class. Throws OptionError when their number is not that of the
  /// classes, one is not in [0, 1] (NaN included), they do not sum to 1 within 1e-3 (logits, perhaps?), or there is no such class.
  void add(std::span<const float> probabilities, std::int64_t label);

  ClassificationMetrics result() const;

 private:
  static constexpr int kCalibrationBins = 15;
  struct Bin {
    std::int64_t count = 0, right = 0;
    double confidence = 0;  // sum
  };

  std::vector<std::string> labels_;
  std::vector<std::vector<std::int64_t>> confusion_;
  std::array<Bin, kCalibrationBins> bins_{};
  std::int64_t in_top5_ = 0;
  double nll_ = 0;  // sum
};

/// What was measured, and by what: parts of every metrics file.
struct EvaluationSubject {
  std::string split;  ///< "test", ...
  std::string model;  ///< the model file
  std::string fovea_version;
};

/// The content of the metrics file of a classifier: protocol, count, split, model, fovea_version, top1, top5, ece, mean_nll, macro,
/// per_class, labels, confusion.
Json to_json(const ClassificationMetrics& metrics, const EvaluationSubject& subject);

}  // namespace fovea
