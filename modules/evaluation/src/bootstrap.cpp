#include "fovea/evaluation/bootstrap.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "coco_interpolation.hpp"
#include "coco_matching.hpp"
#include "fovea/base/error.hpp"
#include "fovea/base/random.hpp"

namespace fovea {

namespace {

using Weights = std::vector<std::int64_t>;  // how often each image was drawn

/// AP of any drawing of the images, from one matching: matches in one image do not depend on the others.
class DrawnPrecision {
 public:
  DrawnPrecision(const DetectionDataset& truth, const DetectionResults& results, const CocoOptions& given, const Threads& threads)
      : results_(results), options_(given) {
    options_.areas = {coco_areas().front()};
    options_.max_detections = {*std::max_element(options_.max_detections.begin(), options_.max_detections.end())};
    value_ = evaluate_coco(truth, results, options_, threads).average_precision({.max_detections = options_.max_detections.front()});
    const DetectionGroups groups = group_detections(truth, results, options_.use_categories, options_.max_detections.front());
    matches_ = match_coco(truth, results, groups, DetectionOverlap(truth, results, options_.iou_type, threads), options_, threads);
    objects_.resize(groups.categories.size());
    for (const DetectionGroup& group : groups.groups)
      for (std::uint32_t i = group.truth_begin; i < group.truth_end; ++i) {
        const DetectionAnnotation& object = truth.annotations[groups.truths[i]];
        const AreaRange& all = options_.areas.front();
        if (!object.is_crowd && object.area >= all.least && object.area <= all.most) objects_[group.category].push_back(object.image);
      }
  }

  double value() const { return value_; }  ///< of each image once

  double of(const Weights& weights) const {
    PrecisionArray values(options_.iou_thresholds.size(), options_.recall_thresholds.size(), objects_.size());
    HitPrecisions precisions;
    for (std::size_t t = 0; t < options_.iou_thresholds.size(); ++t)
      for (std::size_t k = 0; k < objects_.size(); ++k) {
        std::int64_t objects = 0;
        for (const std::int32_t image : objects_[k]) objects += weights[static_cast<std::size_t>(image)];
        if (objects == 0) continue;
        const Outcome* outcomes = matches_.at(0, t, options_.iou_thresholds.size());
        precisions.clear();
        for (std::size_t i = matches_.first_result[k]; i < matches_.first_result[k + 1]; ++i) {
          const std::int64_t weight = weights[static_cast<std::size_t>(results_.results[matches_.order[i]].image)];
          if (outcomes[i] == Outcome::counts) precisions.add_hits(weight);
          if (outcomes[i] == Outcome::against) precisions.add_misses(weight);
        }
        precisions.interpolate(options_.recall_thresholds, static_cast<double>(objects),
                               [&](std::size_t r, double p) { values.at(t, r, k) = p; });
      }
    return values.mean();
  }

 private:
  const DetectionResults& results_;
  CocoOptions options_;
  double value_ = kUndefined;
  CocoMatches matches_;
  std::vector<std::vector<std::int32_t>> objects_;  // of each class: the image of each object that counts
};

Weights draw(std::size_t images, std::uint64_t seed, std::int64_t number) {
  RandomStream stream(seed, static_cast<std::uint64_t>(number));
  Weights weights(images, 0);
  for (std::size_t i = 0; i < images; ++i) ++weights[stream.below(images)];
  return weights;
}

/// The measure of every draw, in their order.
template <class Measure>
std::vector<double> measure_draws(const DetectionDataset& truth, const BootstrapOptions& options, const Threads& threads,
                                  Measure&& measure) {
  if (options.draws < 1) throw OptionError(fmt::format("bootstrap: expected at least one draw, found {}", options.draws));
  if (truth.images.empty()) throw OptionError("bootstrap: expected at least one image");
  std::vector<double> values(static_cast<std::size_t>(options.draws));
  parallel_blocks(threads, options.draws, [&](std::int64_t number) {
    values[static_cast<std::size_t>(number)] = measure(draw(truth.images.size(), options.seed, number));
  });
  return values;
}

BootstrapInterval interval_of(double value, std::vector<double> draws) {
  constexpr double kTail = 0.025;
  std::sort(draws.begin(), draws.end());
  const auto tail = static_cast<std::size_t>(kTail * static_cast<double>(draws.size()));
  return {value, draws[tail], draws[draws.size() - 1 - tail], static_cast<std::int64_t>(draws.size())};
}

}  // namespace

BootstrapInterval bootstrap_ap(const DetectionDataset& truth, const DetectionResults& results, const BootstrapOptions& options,
                               const Threads& threads) {
  const DrawnPrecision precision(truth, results, options.coco, threads);
  return interval_of(precision.value(),
                     measure_draws(truth, options, threads, [&](const Weights& weights) { return precision.of(weights); }));
}

PairedComparison compare_paired(const DetectionDataset& truth, const DetectionResults& first, const DetectionResults& second,
                                const BootstrapOptions& options, const Threads& threads) {
  const DrawnPrecision a(truth, first, options.coco, threads), b(truth, second, options.coco, threads);
  std::vector<double> differences =
      measure_draws(truth, options, threads, [&](const Weights& weights) { return b.of(weights) - a.of(weights); });
  const auto not_better = std::count_if(differences.begin(), differences.end(), [](double difference) { return !(difference > 0); });
  const double fraction = static_cast<double>(not_better) / static_cast<double>(differences.size());
  return {a.value(), b.value(), interval_of(b.value() - a.value(), std::move(differences)), fraction};
}

}  // namespace fovea
