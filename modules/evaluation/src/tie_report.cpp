#include "fovea/evaluation/tie_report.hpp"

#include <algorithm>

#include "coco_interpolation.hpp"
#include "coco_matching.hpp"

namespace fovea {

namespace {

enum class Order { false_first, right_first };

/// Calls visit(begin, end) for each run of equal scores among the results of a class.
template <class Visit>
void visit_ties(const DetectionResults& results, const CocoMatches& matches, std::size_t category, Visit&& visit) {
  const auto score = [&](std::size_t i) { return results.results[matches.order[i]].score; };
  const std::size_t last = matches.first_result[category + 1];
  for (std::size_t begin = matches.first_result[category], end; begin < last; begin = end) {
    for (end = begin + 1; end < last && score(end) == score(begin);) ++end;
    visit(begin, end);
  }
}

double average_precision(const DetectionResults& results, const CocoMatches& matches, const CocoOptions& options, std::size_t categories,
                         Order order) {
  PrecisionArray values(options.iou_thresholds.size(), options.recall_thresholds.size(), categories);
  HitPrecisions precisions;
  for (std::size_t t = 0; t < options.iou_thresholds.size(); ++t)
    for (std::size_t k = 0; k < categories; ++k) {
      if (matches.objects[k] == 0) continue;
      const Outcome* outcomes = matches.at(0, t, options.iou_thresholds.size());
      precisions.clear();
      visit_ties(results, matches, k, [&](std::size_t begin, std::size_t end) {
        const auto hits = std::count(outcomes + begin, outcomes + end, Outcome::counts);
        const auto misses = std::count(outcomes + begin, outcomes + end, Outcome::against);
        if (order == Order::right_first) precisions.add_hits(hits);
        precisions.add_misses(misses);
        if (order == Order::false_first) precisions.add_hits(hits);
      });
      precisions.interpolate(options.recall_thresholds, static_cast<double>(matches.objects[k]),
                             [&](std::size_t r, double p) { values.at(t, r, k) = p; });
    }
  return values.mean();
}

}  // namespace

TieReport tie_report(const DetectionDataset& truth, const DetectionResults& results, const CocoOptions& given, const Threads& threads) {
  CocoOptions options = given;
  options.areas = {coco_areas().front()};
  const std::int64_t limit = *std::max_element(options.max_detections.begin(), options.max_detections.end());
  options.max_detections = {limit};
  TieReport report{.as_given = evaluate_coco(truth, results, options, threads).average_precision({.max_detections = limit})};
  const DetectionGroups groups = group_detections(truth, results, options.use_categories, limit);
  const CocoMatches matches =
      match_coco(truth, results, groups, DetectionOverlap(truth, results, options.iou_type, threads), options, threads);
  report.lowest = average_precision(results, matches, options, groups.categories.size(), Order::false_first);
  report.highest = average_precision(results, matches, options, groups.categories.size(), Order::right_first);
  report.detections = static_cast<std::int64_t>(matches.results);
  for (std::size_t k = 0; k < groups.categories.size(); ++k) {
    const std::size_t count = matches.first_result[k + 1] - matches.first_result[k];
    visit_ties(results, matches, k, [&](std::size_t begin, std::size_t end) {
      if (end - begin > 1) report.tied += static_cast<std::int64_t>(end - begin);
      if (count > 1 && end - begin == count) report.constant.push_back(groups.categories[k].name);
    });
  }
  return report;
}

}  // namespace fovea
