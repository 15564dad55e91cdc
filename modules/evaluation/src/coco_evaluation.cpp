#include "fovea/evaluation/coco_evaluation.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "coco_interpolation.hpp"
#include "coco_matching.hpp"
#include "fovea/base/error.hpp"

namespace fovea {

namespace {

/// numpy's linspace: multiples of a rounded step, and the exact end.
std::vector<double> linspace(double first, double last, std::size_t count) {
  const double step = (last - first) / static_cast<double>(count - 1);
  std::vector<double> values(count);
  for (std::size_t i = 0; i < count; ++i) values[i] = static_cast<double>(i) * step + first;
  values.back() = last;
  return values;
}

void check(const CocoOptions& options) {
  if (options.iou_thresholds.empty()) throw OptionError("COCO evaluation: expected at least one IoU threshold");
  for (const double t : options.iou_thresholds)
    if (!(t >= 0 && t <= 1)) throw OptionError(fmt::format("COCO evaluation: expected IoU thresholds in [0, 1], found {}", t));
  if (options.recall_thresholds.empty()) throw OptionError("COCO evaluation: expected at least one level of recall");
  if (!std::is_sorted(options.recall_thresholds.begin(), options.recall_thresholds.end()))
    throw OptionError("COCO evaluation: expected rising levels of recall");
  if (options.max_detections.empty()) throw OptionError("COCO evaluation: expected at least one number of detections");
  for (const std::int64_t m : options.max_detections)
    if (m < 1) throw OptionError(fmt::format("COCO evaluation: expected numbers of detections from 1 on, found {}", m));
  if (options.areas.empty()) throw OptionError("COCO evaluation: expected at least one range of areas");
}

/// The lengths of the axes of an evaluation's arrays. The array of recall is one with a single level.
struct Axes {
  std::size_t T, R, K, A, M;
  explicit Axes(const CocoEvaluation& e)
      : T(e.options.iou_thresholds.size()),
        R(e.options.recall_thresholds.size()),
        K(e.categories.size()),
        A(e.options.areas.size()),
        M(e.options.max_detections.size()) {}

  /// The place in an array [T, levels, K, A, M].
  std::size_t place(std::size_t levels, std::size_t t, std::size_t r, std::size_t k, std::size_t a, std::size_t m) const {
    return (((t * levels + r) * K + k) * A + a) * M + m;
  }
};

/// Fills precision and recall of one class and range of areas.
void accumulate(CocoEvaluation& evaluation, const CocoMatches& matches, std::size_t k, std::size_t a) {
  const Axes axes(evaluation);
  const CocoOptions& options = evaluation.options;
  const auto objects = static_cast<double>(evaluation.objects[k * axes.A + a]);
  if (objects == 0) return;
  HitPrecisions precisions;
  for (std::size_t t = 0; t < axes.T; ++t) {
    const Outcome* outcomes = matches.at(a, t, axes.T);
    for (std::size_t m = 0; m < axes.M; ++m) {
      precisions.clear();
      for (std::size_t i = matches.first_result[k]; i < matches.first_result[k + 1]; ++i) {
        if (matches.rank[i] >= options.max_detections[m]) continue;
        precisions.add_hits(outcomes[i] == Outcome::counts ? 1 : 0);
        precisions.add_misses(outcomes[i] == Outcome::against ? 1 : 0);
      }
      evaluation.recall[axes.place(1, t, 0, k, a, m)] = static_cast<double>(precisions.hits()) / objects;
      precisions.interpolate(options.recall_thresholds, objects,
                             [&](std::size_t r, double value) { evaluation.precision[axes.place(axes.R, t, r, k, a, m)] = value; });
    }
  }
}

/// The mean of what a selection holds of an array [T, levels, K, A, M], in the order of the array.
double mean_of_selected(const CocoEvaluation& evaluation, const std::vector<double>& array, std::size_t levels,
                        const CocoSelection& selection) {
  const Axes axes(evaluation);
  const CocoOptions& options = evaluation.options;
  std::vector<std::size_t> thresholds, classes, columns;  // a column: a range of areas and a number of detections
  for (std::size_t t = 0; t < axes.T; ++t)
    if (!selection.iou_threshold || *selection.iou_threshold == options.iou_thresholds[t]) thresholds.push_back(t);
  for (std::size_t k = 0; k < axes.K; ++k)
    if (!selection.category || *selection.category == k) classes.push_back(k);
  for (std::size_t a = 0; a < axes.A; ++a)
    for (std::size_t m = 0; m < axes.M; ++m)
      if (options.areas[a].name == selection.area && options.max_detections[m] == selection.max_detections)
        columns.push_back(a * axes.M + m);

  std::vector<double> values;
  for (const std::size_t t : thresholds)
    for (std::size_t r = 0; r < levels; ++r)
      for (const std::size_t k : classes)
        for (const std::size_t column : columns) values.push_back(array[axes.place(levels, t, r, k, 0, 0) + column]);
  return mean_of_defined(std::move(values));
}

void note_id_zero(const DetectionDataset& truth, std::vector<std::string>& notes) {
  const auto zeros = std::count_if(truth.annotations.begin(), truth.annotations.end(), [](const auto& object) { return object.id == 0; });
  if (zeros > 0)
    notes.push_back(
        fmt::format("{} annotation(s) have the id 0, which the reference evaluator takes for \"unmatched\": what finds them counts as "
                    "false; number ids from 1",
                    zeros));
}

}  // namespace

std::vector<double> coco_iou_thresholds() { return linspace(0.5, 0.95, 10); }
std::vector<double> coco_recall_thresholds() { return linspace(0, 1, 101); }

std::vector<AreaRange> coco_areas() {
  constexpr double kSmall = 32 * 32, kMedium = 96 * 96, kLarge = 1e10;
  return {{"all", 0, kLarge}, {"small", 0, kSmall}, {"medium", kSmall, kMedium}, {"large", kMedium, kLarge}};
}

CocoEvaluation evaluate_coco(const DetectionDataset& truth, const DetectionResults& results, const CocoOptions& options,
                             const Threads& threads) {
  check(options);
  CocoEvaluation evaluation;
  evaluation.options = options;
  std::sort(evaluation.options.max_detections.begin(), evaluation.options.max_detections.end());
  note_id_zero(truth, evaluation.notes);
  const DetectionGroups groups = group_detections(truth, results, options.use_categories, evaluation.options.max_detections.back());
  evaluation.categories = groups.categories;
  const DetectionOverlap overlap(truth, results, options.iou_type, threads);
  CocoMatches matches = match_coco(truth, results, groups, overlap, evaluation.options, threads);
  evaluation.objects = std::move(matches.objects);

  const Axes axes(evaluation);
  evaluation.precision.assign(axes.T * axes.R * axes.K * axes.A * axes.M, kUndefined);
  evaluation.recall.assign(axes.T * axes.K * axes.A * axes.M, kUndefined);
  parallel_blocks(threads, static_cast<std::int64_t>(axes.K * axes.A), [&](std::int64_t block) {
    accumulate(evaluation, matches, static_cast<std::size_t>(block) / axes.A, static_cast<std::size_t>(block) % axes.A);
  });
  return evaluation;
}

double CocoEvaluation::average_precision(const CocoSelection& selection) const {
  return mean_of_selected(*this, precision, options.recall_thresholds.size(), selection);
}

double CocoEvaluation::average_recall(const CocoSelection& selection) const { return mean_of_selected(*this, recall, 1, selection); }

CocoSummary summarize(const CocoEvaluation& evaluation) {
  const std::vector<std::int64_t>& limits = evaluation.options.max_detections;
  if (limits.size() != 3) throw OptionError(fmt::format("the 12 numbers of COCO need 3 numbers of detections, found {}", limits.size()));
  const auto precision = [&](std::optional<double> threshold, const char* area, std::int64_t limit) {
    return evaluation.average_precision({.iou_threshold = threshold, .area = area, .max_detections = limit});
  };
  const auto recall = [&](const char* area, std::int64_t limit) {
    return evaluation.average_recall({.area = area, .max_detections = limit});
  };
  constexpr std::int64_t kHeadline = 100;
  return {.AP = precision({}, "all", kHeadline),
          .AP50 = precision(0.5, "all", limits[2]),
          .AP75 = precision(0.75, "all", limits[2]),
          .AP_small = precision({}, "small", limits[2]),
          .AP_medium = precision({}, "medium", limits[2]),
          .AP_large = precision({}, "large", limits[2]),
          .AR1 = recall("all", limits[0]),
          .AR10 = recall("all", limits[1]),
          .AR100 = recall("all", limits[2]),
          .AR_small = recall("small", limits[2]),
          .AR_medium = recall("medium", limits[2]),
          .AR_large = recall("large", limits[2])};
}

}  // namespace fovea
