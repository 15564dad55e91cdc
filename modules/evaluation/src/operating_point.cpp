#include "fovea/evaluation/operating_point.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <numeric>

#include "coco_matching.hpp"
#include "fovea/base/error.hpp"

namespace fovea {

namespace {

/// The matching that everything here is counted from.
struct OneMatching {
  OneMatching(const DetectionDataset& truth, const DetectionResults& results, const OperatingOptions& options, const Threads& threads)
      : groups(group_detections(truth, results, true, std::numeric_limits<std::int64_t>::max())),
        overlap(truth, results, options.iou_type, threads) {
    if (!(options.iou_threshold >= 0 && options.iou_threshold <= 1))
      throw OptionError(fmt::format("operating point: expected an IoU threshold in [0, 1], found {}", options.iou_threshold));
    const CocoOptions coco{.iou_type = options.iou_type,
                           .iou_thresholds = {options.iou_threshold},
                           .areas = {{"all", -std::numeric_limits<double>::infinity(), std::numeric_limits<double>::infinity()}}};
    matches = match_coco(truth, results, groups, overlap, coco, threads, KeepPartners::yes);
  }

  DetectionGroups groups;
  DetectionOverlap overlap;
  CocoMatches matches;
};

double ratio(std::int64_t part, std::int64_t whole) { return whole > 0 ? static_cast<double>(part) / static_cast<double>(whole) : 0; }

ClassMetrics metrics_of(std::int64_t right, std::int64_t predicted, std::int64_t actual) {
  return {
      .precision = ratio(right, predicted), .recall = ratio(right, actual), .f1 = ratio(2 * right, predicted + actual), .support = actual};
}

/// Detections and objects that found no partner of their class, image by image.
struct Leftovers {
  std::vector<std::vector<std::uint32_t>> results, objects;
};

Leftovers leftovers_of(const DetectionDataset& truth, const DetectionResults& results, const CocoMatches& matches, double confidence) {
  Leftovers left{.results = std::vector<std::vector<std::uint32_t>>(truth.images.size()),
                 .objects = std::vector<std::vector<std::uint32_t>>(truth.images.size())};
  std::vector<bool> found(truth.annotations.size(), false);
  for (std::size_t i = 0; i < matches.results; ++i) {
    const DetectionResult& result = results.results[matches.order[i]];
    if (!(result.score >= confidence)) continue;
    if (matches.partners[i] != kNoPartner) found[matches.partners[i]] = true;
    if (matches.outcomes[i] == Outcome::against) left.results[static_cast<std::size_t>(result.image)].push_back(matches.order[i]);
  }
  for (std::uint32_t i = 0; i < truth.annotations.size(); ++i) {
    const DetectionAnnotation& object = truth.annotations[i];
    if (!object.is_crowd && !found[i]) left.objects[static_cast<std::size_t>(object.image)].push_back(i);
  }
  const auto by_score = [&](std::uint32_t a, std::uint32_t b) {
    const double score_a = results.results[a].score, score_b = results.results[b].score;
    return score_a != score_b ? score_a > score_b : a < b;
  };
  for (auto& list : left.results) std::sort(list.begin(), list.end(), by_score);
  return left;
}

}  // namespace

std::vector<ConfidenceCurve> confidence_curves(const DetectionDataset& truth, const DetectionResults& results,
                                               const OperatingOptions& options, const Threads& threads) {
  const OneMatching matching(truth, results, options, threads);
  const CocoMatches& matches = matching.matches;
  std::vector<ConfidenceCurve> curves;
  for (std::size_t k = 0; k < matching.groups.categories.size(); ++k) {
    ConfidenceCurve curve{.category = matching.groups.categories[k], .objects = matches.objects[k]};
    std::int64_t right = 0, predicted = 0;
    for (std::size_t i = matches.first_result[k]; i < matches.first_result[k + 1]; ++i) {
      right += matches.outcomes[i] == Outcome::counts ? 1 : 0;
      predicted += matches.outcomes[i] == Outcome::ignored ? 0 : 1;
      const double score = results.results[matches.order[i]].score;
      const bool last_of_score = i + 1 == matches.first_result[k + 1] || results.results[matches.order[i + 1]].score != score;
      if (!last_of_score) continue;
      const ClassMetrics metrics = metrics_of(right, predicted, curve.objects);
      curve.confidence.push_back(score);
      curve.precision.push_back(metrics.precision);
      curve.recall.push_back(metrics.recall);
      curve.f1.push_back(metrics.f1);
    }
    curves.push_back(std::move(curve));
  }
  return curves;
}

DetectionConfusion detection_confusion(const DetectionDataset& truth, const DetectionResults& results, const OperatingOptions& options,
                                       const Threads& threads) {
  const OneMatching matching(truth, results, options, threads);
  const CocoMatches& matches = matching.matches;
  DetectionConfusion confusion{.options = options, .categories = matching.groups.categories};
  const std::size_t background = confusion.categories.size();
  confusion.counts.assign(background + 1, std::vector<std::int64_t>(background + 1, 0));
  std::vector<std::size_t> place(truth.categories.size());  // of each class in the matrix
  const auto rank = index_by(confusion.categories, &DetectionCategory::id);
  for (std::size_t k = 0; k < place.size(); ++k) place[k] = static_cast<std::size_t>(rank.at(truth.categories[k].id));
  const auto place_of = [&](const auto& item) { return place[static_cast<std::size_t>(item.category)]; };

  for (std::size_t i = 0; i < matches.results; ++i) {
    const DetectionResult& result = results.results[matches.order[i]];
    if (matches.outcomes[i] == Outcome::counts && result.score >= options.confidence)
      ++confusion.counts[place_of(result)][place_of(result)];
  }
  Leftovers left = leftovers_of(truth, results, matches, options.confidence);
  for (std::size_t image = 0; image < left.results.size(); ++image) {
    std::vector<std::uint32_t>& objects = left.objects[image];
    for (const std::uint32_t result : left.results[image]) {
      auto best = objects.end();
      double best_overlap = options.iou_threshold;
      for (auto object = objects.begin(); object != objects.end(); ++object) {
        const double overlap = matching.overlap.iou(result, *object);
        if (overlap < best_overlap || (best != objects.end() && overlap == best_overlap)) continue;
        best = object;
        best_overlap = overlap;
      }
      const std::size_t actual = best == objects.end() ? background : place_of(truth.annotations[*best]);
      ++confusion.counts[actual][place_of(results.results[result])];
      if (best != objects.end()) objects.erase(best);
    }
    for (const std::uint32_t object : objects) ++confusion.counts[place_of(truth.annotations[object])][background];
  }
  for (std::size_t k = 0; k < background; ++k) {
    std::int64_t predicted = 0;
    for (const auto& row : confusion.counts) predicted += row[k];
    const std::int64_t actual = std::accumulate(confusion.counts[k].begin(), confusion.counts[k].end(), std::int64_t{0});
    confusion.per_class.push_back(metrics_of(confusion.counts[k][k], predicted, actual));
  }
  return confusion;
}

}  // namespace fovea
