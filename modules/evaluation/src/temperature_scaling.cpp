#include "fovea/evaluation/temperature_scaling.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "fovea/base/error.hpp"

namespace fovea {

namespace {

constexpr double kLowest = 0.01, kHighest = 100;

/// Logits of a sample, but for a constant. A probability of 0 counts as 2^-126, as in the negative log-likelihood.
std::vector<double> logits_of(std::span<const float> probabilities) {
  std::vector<double> logits;
  for (const float p : probabilities) logits.push_back(std::log(static_cast<double>(std::max(p, std::numeric_limits<float>::min()))));
  return logits;
}

/// First and second derivative of the mean negative log-likelihood by the inverse temperature: the mean of E[z] - z_label, and of Var[z].
struct Derivatives {
  double first = 0, second = 0;
};

Derivatives derivatives(const std::vector<std::vector<double>>& logits, const std::vector<std::int64_t>& labels, double inverse) {
  Derivatives sum;
  for (std::size_t i = 0; i < logits.size(); ++i) {
    const std::vector<double>& z = logits[i];
    const double highest = *std::max_element(z.begin(), z.end());
    double weights = 0, mean = 0, squares = 0;
    for (const double value : z) {
      const double weight = std::exp(inverse * (value - highest));
      weights += weight;
      mean += weight * value;
      squares += weight * value * value;
    }
    mean /= weights;
    sum.first += mean - z[static_cast<std::size_t>(labels[i])];
    sum.second += std::max(0.0, squares / weights - mean * mean);
  }
  const auto count = static_cast<double>(logits.size());
  return {sum.first / count, sum.second / count};
}

}  // namespace

ClassPredictions with_temperature(const ClassPredictions& predictions, double temperature) {
  if (!(temperature > 0 && std::isfinite(temperature)))
    throw OptionError(fmt::format("[temperature scaling] expected a temperature > 0, found {}", temperature));
  ClassPredictions scaled = predictions;
  const std::size_t classes = predictions.labels.size();
  std::vector<double> weights(classes);
  for (std::size_t i = 0; i < predictions.size(); ++i) {
    const std::span<const float> row = predictions.row(i);
    const double highest = static_cast<double>(*std::max_element(row.begin(), row.end()));
    double sum = 0;
    for (std::size_t c = 0; c < classes; ++c) sum += weights[c] = std::pow(static_cast<double>(row[c]) / highest, 1 / temperature);
    for (std::size_t c = 0; c < classes; ++c) scaled.probabilities[i * classes + c] = static_cast<float>(weights[c] / sum);
  }
  return scaled;
}

double fit_temperature(const ClassPredictions& predictions) {
  if (predictions.size() == 0) throw OptionError("[temperature scaling] expected samples to fit the temperature to, found none");
  std::vector<std::vector<double>> logits;
  for (std::size_t i = 0; i < predictions.size(); ++i) logits.push_back(logits_of(predictions.row(i)));
  double low = 1 / kHighest, high = 1 / kLowest, inverse = 1;  // the minimum lies in between, or at an end
  constexpr int kMostSteps = 200;
  for (int step = 0; step < kMostSteps && high - low > 1e-15 * high; ++step) {
    const Derivatives at = derivatives(logits, predictions.actual, inverse);
    if (at.first == 0) break;
    (at.first > 0 ? high : low) = inverse;
    const double newton = inverse - at.first / at.second;  // infinite where the curve is straight
    const double next = newton > low && newton < high ? newton : (low + high) / 2;
    if (next == inverse) break;
    inverse = next;
  }
  return 1 / inverse;
}

}  // namespace fovea
