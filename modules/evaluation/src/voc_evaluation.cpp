#include "fovea/evaluation/voc_evaluation.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "detection_groups.hpp"
#include "detection_overlap.hpp"
#include "fovea/base/error.hpp"
#include "fovea/evaluation/coco_evaluation.hpp"

namespace fovea {

namespace {

/// The area that a box covers under a rule.
XywhBox measured(const XywhBox& box, PixelConvention convention, PixelRule rule) {
  const bool widen = rule == PixelRule::stated ? convention == PixelConvention::unstated
                                               : rule == PixelRule::inclusive && convention != PixelConvention::inclusive;
  return widen ? XywhBox{box.x - 1, box.y - 1, box.width + 1, box.height + 1} : box;
}

class VocMatcher {
 public:
  VocMatcher(const DetectionDataset& truth, const DetectionResults& results, const VocOptions& options, const DetectionGroups& groups)
      : truth_(truth), results_(results), options_(options), groups_(groups) {}

  bool ignored(std::uint32_t truth_place) const { return !options_.count_difficult && object(truth_place).is_difficult; }

  /// The outcomes of a group's detections, at their places.
  void match(const DetectionGroup& group, std::vector<Outcome>& outcomes) const {
    std::vector<bool> taken(group.truth_count(), false);
    for (std::uint32_t place = group.result_begin; place < group.result_end; ++place) {
      const auto [best, overlap] = best_object(group, place);
      const bool found = options_.strictly_above ? overlap > options_.iou_threshold : overlap >= options_.iou_threshold;
      if (!found) {
        outcomes[place] = Outcome::against;
      } else if (ignored(best)) {
        outcomes[place] = Outcome::ignored;
      } else {
        outcomes[place] = taken[best - group.truth_begin] ? Outcome::against : Outcome::counts;
        taken[best - group.truth_begin] = true;
      }
    }
  }

 private:
  const DetectionAnnotation& object(std::uint32_t place) const { return truth_.annotations[groups_.truths[place]]; }

  std::pair<std::uint32_t, double> best_object(const DetectionGroup& group, std::uint32_t place) const {
    const XywhBox box = measured(results_.results[groups_.results[place]].box, results_.convention, options_.pixels);
    std::pair<std::uint32_t, double> best = {group.truth_begin, -std::numeric_limits<double>::infinity()};
    for (std::uint32_t i = group.truth_begin; i < group.truth_end; ++i) {
      const double overlap = coco_iou(box, measured(object(i).box, truth_.convention, options_.pixels), false);
      if (overlap > best.second) best = {i, overlap};
    }
    return best;
  }

  const DetectionDataset& truth_;
  const DetectionResults& results_;
  const VocOptions& options_;
  const DetectionGroups& groups_;
};

/// Precision and recall of one class's detections, which stand at [begin, end) by image.
PrecisionRecallCurve curve_of(const DetectionResults& results, const DetectionGroups& groups, const std::vector<Outcome>& outcomes,
                              std::uint32_t begin, std::uint32_t end, std::int64_t objects) {
  std::vector<std::uint32_t> places;
  for (std::uint32_t place = begin; place < end; ++place)
    if (outcomes[place] != Outcome::ignored) places.push_back(place);
  const auto score = [&](std::uint32_t place) { return results.results[groups.results[place]].score; };
  std::stable_sort(places.begin(), places.end(), [&](std::uint32_t a, std::uint32_t b) { return score(a) > score(b); });
  PrecisionRecallCurve curve;
  std::int64_t hits = 0;
  for (const std::uint32_t place : places) {
    hits += outcomes[place] == Outcome::counts ? 1 : 0;
    curve.score.push_back(score(place));
    curve.recall.push_back(objects > 0 ? static_cast<double>(hits) / static_cast<double>(objects) : 0);
    curve.precision.push_back(static_cast<double>(hits) / static_cast<double>(curve.score.size()));
  }
  curve.envelope = curve.precision;
  for (std::size_t i = curve.envelope.size(); i-- > 1;) curve.envelope[i - 1] = std::max(curve.envelope[i - 1], curve.envelope[i]);
  return curve;
}

std::vector<double> eleven_recalls(ElevenLevels levels) {
  std::vector<double> recalls(11);
  for (std::size_t i = 0; i < recalls.size(); ++i)
    recalls[i] = levels == ElevenLevels::multiples ? static_cast<double>(i) * 0.1 : static_cast<double>(i) / 10;
  return recalls;
}

}  // namespace

double average_precision(const PrecisionRecallCurve& curve, VocInterpolation interpolation, ElevenLevels levels) {
  double sum = 0;
  if (interpolation != VocInterpolation::all_point) {
    const std::vector<double> recalls = interpolation == VocInterpolation::coco_point ? coco_recall_thresholds() : eleven_recalls(levels);
    for (const double recall : recalls) {
      const auto at = std::lower_bound(curve.recall.begin(), curve.recall.end(), recall);
      if (at != curve.recall.end()) sum += curve.envelope[static_cast<std::size_t>(at - curve.recall.begin())];
    }
    return sum / static_cast<double>(recalls.size());
  }
  double before = 0;
  for (std::size_t i = 0; i < curve.recall.size(); ++i) {
    sum += (curve.recall[i] - before) * curve.envelope[i];
    before = curve.recall[i];
  }
  return sum;
}

VocEvaluation evaluate_voc(const DetectionDataset& truth, const DetectionResults& results, const VocOptions& options) {
  if (!(options.iou_threshold >= 0 && options.iou_threshold <= 1))
    throw OptionError(fmt::format("VOC evaluation: expected an IoU threshold in [0, 1], found {}", options.iou_threshold));
  const DetectionGroups groups = group_detections(truth, results, options.use_categories, std::numeric_limits<std::int64_t>::max());
  const VocMatcher matcher(truth, results, options, groups);
  std::vector<Outcome> outcomes(groups.results.size());
  VocEvaluation evaluation{.options = options};
  double sum = 0;
  std::int64_t defined = 0;
  for (std::size_t k = 0; k < groups.categories.size(); ++k) {
    VocClass entry{.category = groups.categories[k]};
    for (std::uint32_t g = groups.first_group[k]; g < groups.first_group[k + 1]; ++g) {
      matcher.match(groups.groups[g], outcomes);
      for (std::uint32_t i = groups.groups[g].truth_begin; i < groups.groups[g].truth_end; ++i) entry.objects += matcher.ignored(i) ? 0 : 1;
    }
    const auto first_result = [&](std::uint32_t g) {
      return g < groups.groups.size() ? groups.groups[g].result_begin : static_cast<std::uint32_t>(groups.results.size());
    };
    entry.curve =
        curve_of(results, groups, outcomes, first_result(groups.first_group[k]), first_result(groups.first_group[k + 1]), entry.objects);
    if (entry.objects > 0) {
      entry.AP = average_precision(entry.curve, options.interpolation, options.levels);
      sum += entry.AP;
      ++defined;
    }
    evaluation.classes.push_back(std::move(entry));
  }
  if (defined > 0) evaluation.mean_AP = sum / static_cast<double>(defined);
  return evaluation;
}

}  // namespace fovea
