#include "coco_matching.hpp"

#include <algorithm>
#include <numeric>

namespace fovea {

namespace {

constexpr double kAlmostOne = 1 - 1e-10;  // a threshold of 1 would miss equal boxes by rounding

/// An object as one range of areas sees it.
struct Candidate {
  std::uint32_t column = 0;  ///< of the matrix of overlaps
  bool ignored = false, is_crowd = false;
  bool has_id_zero = false;  ///< the reference takes a match with id 0 for none
};

/// One class in one image, with memory that is used again from group to group.
class GroupMatcher {
 public:
  GroupMatcher(const DetectionDataset& truth, const DetectionGroups& groups, const DetectionOverlap& overlap, const CocoOptions& options)
      : truth_(truth), groups_(groups), overlap_(overlap), options_(options) {}

  /// Writes outcomes to the places position[result_begin...] of each plane.
  void match(const DetectionGroup& group, const std::vector<std::uint32_t>& position, CocoMatches& matches) {
    compute_overlaps(group);
    for (std::size_t area = 0; area < options_.areas.size(); ++area) {
      const AreaRange& range = options_.areas[area];
      collect_candidates(group, range);
      for (std::size_t t = 0; t < options_.iou_thresholds.size(); ++t) {
        const std::size_t plane = (area * options_.iou_thresholds.size() + t) * matches.results;
        taken_.assign(candidates_.size(), false);
        for (std::uint32_t row = 0; row < group.result_count(); ++row) {
          const std::uint32_t best = best_candidate(row, std::min(options_.iou_thresholds[t], kAlmostOne));
          if (best != kNoPartner) taken_[best] = true;
          const std::size_t place = plane + position[group.result_begin + row];
          matches.outcomes[place] = outcome(best, areas_[row], range);
          if (!matches.partners.empty() && best != kNoPartner)
            matches.partners[place] = groups_.truths[group.truth_begin + candidates_[best].column];
        }
      }
    }
  }

 private:
  void compute_overlaps(const DetectionGroup& group) {
    columns_ = group.truth_count();
    overlaps_.resize(static_cast<std::size_t>(group.result_count()) * columns_);
    areas_.resize(group.result_count());
    for (std::uint32_t row = 0; row < group.result_count(); ++row) {
      const std::uint32_t result = groups_.results[group.result_begin + row];
      areas_[row] = overlap_.result_area(result);
      for (std::uint32_t column = 0; column < columns_; ++column)
        overlaps_[static_cast<std::size_t>(row) * columns_ + column] = overlap_.iou(result, groups_.truths[group.truth_begin + column]);
    }
  }

  /// Those that count come first.
  void collect_candidates(const DetectionGroup& group, const AreaRange& range) {
    candidates_.clear();
    for (const bool ignored : {false, true})
      for (std::uint32_t column = 0; column < columns_; ++column) {
        const DetectionAnnotation& object = truth_.annotations[groups_.truths[group.truth_begin + column]];
        if ((object.is_crowd || object.area < range.least || object.area > range.most) == ignored)
          candidates_.push_back({column, ignored, object.is_crowd, object.id == 0});
      }
  }

  std::uint32_t best_candidate(std::uint32_t row, double threshold) const {
    const double* overlaps = overlaps_.data() + static_cast<std::size_t>(row) * columns_;
    std::uint32_t best = kNoPartner;
    double best_overlap = threshold;
    for (std::uint32_t i = 0; i < candidates_.size(); ++i) {
      const Candidate& candidate = candidates_[i];
      if (taken_[i] && !candidate.is_crowd) continue;
      if (best != kNoPartner && !candidates_[best].ignored && candidate.ignored)
        break;  // one that counts is never given up for one that does not
      if (overlaps[candidate.column] < best_overlap) continue;
      best_overlap = overlaps[candidate.column];
      best = i;
    }
    return best;
  }

  Outcome outcome(std::uint32_t best, double area, const AreaRange& range) const {
    if (best != kNoPartner && candidates_[best].ignored) return Outcome::ignored;
    if (best != kNoPartner && !candidates_[best].has_id_zero) return Outcome::counts;
    return area < range.least || area > range.most ? Outcome::ignored : Outcome::against;
  }

  const DetectionDataset& truth_;
  const DetectionGroups& groups_;
  const DetectionOverlap& overlap_;
  const CocoOptions& options_;
  std::uint32_t columns_ = 0;
  std::vector<double> overlaps_;  // [results, objects]
  std::vector<double> areas_;     // of the results
  std::vector<Candidate> candidates_;
  std::vector<bool> taken_;
};

/// Brings the detections of each class into the order of their scores. Returns where each place of groups.results has gone.
std::vector<std::uint32_t> order_by_score(CocoMatches& matches, const DetectionResults& results, const DetectionGroups& groups,
                                          const Threads& threads) {
  matches.results = groups.results.size();
  for (const std::uint32_t first : groups.first_group)
    matches.first_result.push_back(first < groups.groups.size() ? groups.groups[first].result_begin : matches.results);
  std::vector<std::uint32_t> rank_at(matches.results), position(matches.results), places(matches.results);
  for (const DetectionGroup& group : groups.groups) std::iota(rank_at.begin() + group.result_begin, rank_at.begin() + group.result_end, 0U);
  std::iota(places.begin(), places.end(), 0U);
  matches.order.resize(matches.results);
  matches.rank.resize(matches.results);
  parallel_blocks(threads, static_cast<std::int64_t>(groups.categories.size()), [&](std::int64_t category) {
    const std::size_t begin = matches.first_result[static_cast<std::size_t>(category)];
    const std::size_t end = matches.first_result[static_cast<std::size_t>(category) + 1];
    const auto score = [&](std::uint32_t place) { return results.results[groups.results[place]].score; };
    std::stable_sort(places.begin() + static_cast<std::ptrdiff_t>(begin), places.begin() + static_cast<std::ptrdiff_t>(end),
                     [&](std::uint32_t a, std::uint32_t b) { return score(a) > score(b); });
    for (std::size_t i = begin; i < end; ++i) {
      position[places[i]] = static_cast<std::uint32_t>(i);
      matches.order[i] = groups.results[places[i]];
      matches.rank[i] = rank_at[places[i]];
    }
  });
  return position;
}

std::vector<std::int64_t> count_objects(const DetectionDataset& truth, const DetectionGroups& groups, const CocoOptions& options) {
  std::vector<std::int64_t> objects(groups.categories.size() * options.areas.size(), 0);
  for (const DetectionGroup& group : groups.groups)
    for (std::uint32_t i = group.truth_begin; i < group.truth_end; ++i)
      for (std::size_t a = 0; a < options.areas.size(); ++a) {
        const DetectionAnnotation& object = truth.annotations[groups.truths[i]];
        const bool counts = !object.is_crowd && object.area >= options.areas[a].least && object.area <= options.areas[a].most;
        objects[group.category * options.areas.size() + a] += counts ? 1 : 0;
      }
  return objects;
}

}  // namespace

CocoMatches match_coco(const DetectionDataset& truth, const DetectionResults& results, const DetectionGroups& groups,
                       const DetectionOverlap& overlap, const CocoOptions& options, const Threads& threads, KeepPartners keep) {
  CocoMatches matches;
  const std::vector<std::uint32_t> position = order_by_score(matches, results, groups, threads);
  matches.objects = count_objects(truth, groups, options);
  matches.outcomes.resize(options.areas.size() * options.iou_thresholds.size() * matches.results);
  if (keep == KeepPartners::yes) matches.partners.assign(matches.outcomes.size(), kNoPartner);
  constexpr std::int64_t kGroups = 512;  // per block
  parallel_for(threads, static_cast<std::int64_t>(groups.groups.size()), kGroups, [&](std::int64_t begin, std::int64_t end) {
    GroupMatcher matcher(truth, groups, overlap, options);
    for (std::int64_t i = begin; i < end; ++i) matcher.match(groups.groups[static_cast<std::size_t>(i)], position, matches);
  });
  return matches;
}

}  // namespace fovea
