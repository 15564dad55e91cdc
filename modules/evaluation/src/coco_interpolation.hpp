// From right and false detections, in order, to precision at levels of recall.
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>
#include <vector>

#include "pairwise_sum.hpp"

namespace fovea {

inline constexpr double kUndefined = -1;

/// Precision after each right detection. The highest precision at this or more recall is always met there.
class HitPrecisions {
 public:
  void clear() {
    precisions_.clear();
    misses_ = 0;
  }
  void add_hits(std::int64_t count) {
    constexpr double kEpsilon = std::numeric_limits<double>::epsilon();  // as the reference has it: a first hit has precision 1 - 2^-52
    for (std::int64_t i = 0; i < count; ++i) {
      const auto hits = static_cast<std::int64_t>(precisions_.size()) + 1;
      precisions_.push_back(static_cast<double>(hits) / (static_cast<double>(misses_ + hits) + kEpsilon));
    }
  }
  void add_misses(std::int64_t count) { misses_ += count; }

  std::size_t hits() const { return precisions_.size(); }

  /// Calls visit(level, precision) for every level of recall. Afterwards the precisions are the envelope.
  template <class Visit>
  void interpolate(const std::vector<double>& recall_thresholds, double objects, Visit&& visit) {
    for (std::size_t i = precisions_.size(); i-- > 1;) precisions_[i - 1] = std::max(precisions_[i - 1], precisions_[i]);
    std::size_t hit = 0;
    for (std::size_t r = 0; r < recall_thresholds.size(); ++r) {
      while (hit < precisions_.size() && static_cast<double>(hit + 1) / objects < recall_thresholds[r]) ++hit;
      visit(r, hit < precisions_.size() ? precisions_[hit] : 0);
    }
  }

 private:
  std::vector<double> precisions_;
  std::int64_t misses_ = 0;
};

/// The mean without what is not defined, with numpy's bits.
inline double mean_of_defined(std::vector<double> values) {
  std::erase_if(values, [](double value) { return !(value > kUndefined); });
  return values.empty() ? kUndefined : numpy_sum(values) / static_cast<double>(values.size());
}

/// Precisions at [threshold, level of recall, class], and their mean in the reference's order.
class PrecisionArray {
 public:
  PrecisionArray(std::size_t thresholds, std::size_t levels, std::size_t classes)
      : levels_(levels), classes_(classes), values_(thresholds * levels * classes, kUndefined) {}

  double& at(std::size_t t, std::size_t r, std::size_t k) { return values_[(t * levels_ + r) * classes_ + k]; }
  double mean() const { return mean_of_defined(values_); }

 private:
  std::size_t levels_, classes_;
  std::vector<double> values_;
};

}  // namespace fovea
