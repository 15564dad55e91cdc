#include "fovea/evaluation/detection_errors.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <optional>

#include "coco_interpolation.hpp"
#include "coco_matching.hpp"
#include "fovea/base/error.hpp"

namespace fovea {

namespace {

/// The object of one image, taken or free, of one kind of class, that a detection overlaps most.
struct Nearest {
  std::uint32_t object = kNoPartner;
  double overlap = 0;

  void offer(std::uint32_t candidate, double value) {
    if (value > overlap) *this = {candidate, value};
  }
};

/// One false detection: its kind and the object that it meant.
struct Finding {
  DetectionError kind = DetectionError::background;
  std::uint32_t object = kNoPartner;
};

class ErrorAnalysis {
 public:
  ErrorAnalysis(const DetectionDataset& truth, const DetectionResults& results, const DetectionErrorOptions& options,
                const Threads& threads)
      : truth_(truth),
        results_(results),
        options_(options),
        groups_(group_detections(truth, results, true, options.max_detections)),
        overlap_(truth, results, options.iou_type, threads),
        matches_(match_coco(truth, results, groups_, overlap_,
                            {.iou_type = options.iou_type, .iou_thresholds = {options.foreground}, .areas = {coco_areas().front()}},
                            threads, KeepPartners::yes)),
        found_(truth.annotations.size(), false),
        pointed_at_(truth.annotations.size(), false),
        findings_(matches_.results) {
    collect_objects();
    for (const std::uint32_t partner : matches_.partners)
      if (partner != kNoPartner) found_[partner] = true;
    for (std::size_t i = 0; i < matches_.results; ++i) {
      if (matches_.outcomes[i] != Outcome::against) continue;
      findings_[i] = find(i);
      const bool points = findings_[i].kind == DetectionError::classification || findings_[i].kind == DetectionError::localisation;
      if (points) pointed_at_[findings_[i].object] = true;
    }
  }

  DetectionErrorReport report() const {
    DetectionErrorReport report{.options = options_, .AP = average_precision(std::nullopt)};
    const auto kind = [&](DetectionError error) -> DetectionErrorReport::Kind& { return report.kinds[static_cast<std::size_t>(error)]; };
    for (std::size_t i = 0; i < matches_.results; ++i) {
      if (matches_.outcomes[i] == Outcome::counts) ++report.right;
      if (matches_.outcomes[i] == Outcome::against) ++kind(findings_[i].kind).count;
    }
    for (std::uint32_t i = 0; i < truth_.annotations.size(); ++i) kind(DetectionError::missed).count += missed(i) ? 1 : 0;
    for (std::size_t e = 0; e < report.kinds.size(); ++e)
      if (const double ap = average_precision(static_cast<DetectionError>(e)); ap != kUndefined) report.kinds[e].AP_gain = ap - report.AP;
    return report;
  }

 private:
  void collect_objects() {
    objects_.resize(truth_.images.size());
    for (std::uint32_t i = 0; i < truth_.annotations.size(); ++i)
      if (!truth_.annotations[i].is_crowd) objects_[static_cast<std::size_t>(truth_.annotations[i].image)].push_back(i);
    rank_.resize(truth_.categories.size());
    const auto places = index_by(groups_.categories, &DetectionCategory::id);
    for (std::size_t k = 0; k < rank_.size(); ++k) rank_[k] = static_cast<std::size_t>(places.at(truth_.categories[k].id));
  }

  Finding find(std::size_t place) const {
    const std::uint32_t index = matches_.order[place];
    const DetectionResult& result = results_.results[index];
    Nearest same, other, used;
    for (const std::uint32_t object : objects_[static_cast<std::size_t>(result.image)]) {
      const double overlap = overlap_.iou(index, object);
      const bool own_class = truth_.annotations[object].category == result.category;
      (own_class ? same : other).offer(object, overlap);
      if (own_class && found_[object]) used.offer(object, overlap);
    }
    if (same.overlap >= options_.background && same.overlap < options_.foreground) return {DetectionError::localisation, same.object};
    if (other.overlap >= options_.foreground) return {DetectionError::classification, other.object};
    if (used.overlap >= options_.foreground) return {DetectionError::duplicate, used.object};
    if (std::max(same.overlap, other.overlap) < options_.background) return {};
    return {DetectionError::both, kNoPartner};
  }

  bool missed(std::uint32_t object) const { return !truth_.annotations[object].is_crowd && !found_[object] && !pointed_at_[object]; }

  /// One detection of a class with an error mended.
  struct Entry {
    double score;
    bool hit;
  };

  /// The detections of all classes without the errors of one kind. A wrong class or place is mended by the most confident of the detections
  /// that mean an object; what is left is dropped.
  std::vector<std::vector<Entry>> mended(std::optional<DetectionError> error) const {
    std::vector<std::vector<Entry>> classes(groups_.categories.size());
    std::vector<std::optional<double>> claim(truth_.annotations.size());  // the best score that means an object
    for (std::size_t i = 0; i < matches_.results; ++i) {
      if (matches_.outcomes[i] == Outcome::ignored) continue;
      const DetectionResult& result = results_.results[matches_.order[i]];
      const bool right = matches_.outcomes[i] == Outcome::counts;
      if (right || findings_[i].kind != error) {
        classes[rank_[static_cast<std::size_t>(result.category)]].push_back({result.score, right});
        continue;
      }
      const bool mendable = error == DetectionError::classification || error == DetectionError::localisation;
      if (!mendable || found_[findings_[i].object]) continue;
      std::optional<double>& best = claim[findings_[i].object];
      best = std::max(best.value_or(result.score), result.score);
    }
    for (std::size_t i = 0; i < claim.size(); ++i)
      if (claim[i]) classes[rank_[static_cast<std::size_t>(truth_.annotations[i].category)]].push_back({*claim[i], true});
    for (std::vector<Entry>& entries : classes)
      std::stable_sort(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) { return a.score > b.score; });
    return classes;
  }

  double average_precision(std::optional<DetectionError> error) const {
    std::vector<std::int64_t> objects = matches_.objects;
    if (error == DetectionError::missed)
      for (std::uint32_t i = 0; i < truth_.annotations.size(); ++i)
        if (missed(i)) --objects[rank_[static_cast<std::size_t>(truth_.annotations[i].category)]];
    const std::vector<std::vector<Entry>> classes = mended(error);
    const std::vector<double> recalls = coco_recall_thresholds();
    PrecisionArray values(1, recalls.size(), classes.size());
    HitPrecisions precisions;
    for (std::size_t k = 0; k < classes.size(); ++k) {
      if (objects[k] == 0) continue;
      precisions.clear();
      for (const Entry& entry : classes[k]) entry.hit ? precisions.add_hits(1) : precisions.add_misses(1);
      precisions.interpolate(recalls, static_cast<double>(objects[k]), [&](std::size_t r, double p) { values.at(0, r, k) = p; });
    }
    return values.mean();
  }

  const DetectionDataset& truth_;
  const DetectionResults& results_;
  const DetectionErrorOptions& options_;
  DetectionGroups groups_;
  DetectionOverlap overlap_;
  CocoMatches matches_;
  std::vector<std::vector<std::uint32_t>> objects_;  // of each image, without crowds
  std::vector<std::size_t> rank_;                    // of each class among the groups
  std::vector<bool> found_, pointed_at_;             // of each object
  std::vector<Finding> findings_;                    // of each false detection
};

}  // namespace

DetectionErrorReport detection_errors(const DetectionDataset& truth, const DetectionResults& results, const DetectionErrorOptions& options,
                                      const Threads& threads) {
  if (!(options.background >= 0 && options.background < options.foreground && options.foreground <= 1))
    throw OptionError(fmt::format("detection errors: expected 0 <= background < foreground <= 1, found {} and {}", options.background,
                                  options.foreground));
  return ErrorAnalysis(truth, results, options, threads).report();
}

}  // namespace fovea
