#include "fovea/detection/suppression.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <optional>

#include "fovea/base/error.hpp"
#include "fovea/kernels/context.hpp"
#include "kept_boxes.hpp"

namespace fovea {

namespace {

bool is_finite(const Box& box) { return std::isfinite(box.x1) && std::isfinite(box.y1) && std::isfinite(box.x2) && std::isfinite(box.y2); }

void require_threshold(double threshold) {
  if (!(threshold >= 0 && threshold <= 1)) throw OptionError(fmt::format("[suppression] the threshold is in [0, 1], found {}", threshold));
}

/// Grows as the score falls: bits of a float order like integers, those of a negative one backwards.
std::uint32_t descending_key(float score) {
  const auto bits = std::bit_cast<std::uint32_t>(score == 0 ? 0.0f : score);
  return (bits & 0x80000000u) != 0 ? bits : ~(bits | 0x80000000u);
}

/// Places of what may be kept, by score, then by place.
std::vector<std::size_t> ranked(std::span<const Box> boxes, std::span<const float> scores) {
  std::vector<std::uint64_t> keys;  // the score above the place: sorted without looking anything up
  keys.reserve(boxes.size());
  for (std::size_t i = 0; i < boxes.size(); ++i)
    if (is_finite(boxes[i]) && std::isfinite(scores[i])) keys.push_back(std::uint64_t{descending_key(scores[i])} << 32 | i);
  std::sort(keys.begin(), keys.end());
  std::vector<std::size_t> places;
  places.reserve(keys.size());
  for (const std::uint64_t key : keys) places.push_back(key & 0xFFFFFFFFu);
  return places;
}

/// Ranks of one class, in order.
std::vector<std::vector<std::size_t>> ranks_by_class(std::span<const std::size_t> order, std::span<const std::int64_t> classes) {
  std::vector<std::pair<std::int64_t, std::size_t>> all;
  for (std::size_t rank = 0; rank < order.size(); ++rank) all.emplace_back(classes.empty() ? 0 : classes[order[rank]], rank);
  if (!classes.empty()) std::sort(all.begin(), all.end());
  std::vector<std::vector<std::size_t>> groups;
  for (std::size_t k = 0; k < all.size(); ++k) {
    if (k == 0 || all[k].first != all[k - 1].first) groups.emplace_back();
    groups.back().push_back(all[k].second);
  }
  return groups;
}

struct Candidates {
  std::vector<Box> boxes;
  std::vector<float> scores;
  std::vector<std::int64_t> classes;  // empty when they do not matter

  Candidates(const Detections& detections, bool class_agnostic) {
    for (const Detection& d : detections) {
      boxes.push_back(d.box);
      scores.push_back(d.score);
      if (!class_agnostic) classes.push_back(d.index);
    }
  }
  bool same_class(std::size_t i, std::size_t j) const { return classes.empty() || classes[i] == classes[j]; }
};

Detections pick(const Detections& candidates, std::span<const std::int64_t> places) {
  Detections picked;
  for (const std::int64_t place : places) picked.push_back(candidates[static_cast<std::size_t>(place)]);
  return picked;
}

/// The mean of the boxes that each kept one stands for: itself, and those that it was the first to overlap by more than the threshold.
void average_boxes(Detections& kept, std::span<const std::int64_t> kept_places, const Candidates& all, double threshold) {
  struct Sum {
    double x1 = 0, y1 = 0, x2 = 0, y2 = 0, weight = 0;
    void add(const Box& box, double w) {
      x1 += w * box.x1;
      y1 += w * box.y1;
      x2 += w * box.x2;
      y2 += w * box.y2;
      weight += w;
    }
  };
  std::vector<Sum> sums(kept.size());
  for (std::size_t i = 0; i < all.boxes.size(); ++i) {
    if (!is_finite(all.boxes[i]) || !std::isfinite(all.scores[i])) continue;
    for (std::size_t k = 0; k < kept.size(); ++k) {
      const auto place = static_cast<std::size_t>(kept_places[k]);
      if (place != i && (!all.same_class(i, place) || !(iou(all.boxes[i], all.boxes[place]) > threshold))) continue;
      sums[k].add(all.boxes[i], all.scores[i]);
      break;
    }
  }
  for (std::size_t k = 0; k < kept.size(); ++k)
    if (const Sum& sum = sums[k]; sum.weight > 0)
      kept[k].box = {static_cast<float>(sum.x1 / sum.weight), static_cast<float>(sum.y1 / sum.weight),
                     static_cast<float>(sum.x2 / sum.weight), static_cast<float>(sum.y2 / sum.weight)};
}

/// What the score of a box becomes beside a better one, as a factor.
double softened(double overlap, const SuppressionOptions& options) {
  if (options.kind == SuppressionKind::gaussian) return std::exp(-overlap * overlap / options.sigma);
  return overlap > options.threshold ? 1 - overlap : 1;
}

/// The best of what is left is kept, and lowers the scores of those beside it; as often as boxes are wanted.
Detections suppress_softly(const Detections& candidates, const SuppressionOptions& options) {
  const Candidates all(candidates, options.class_agnostic);
  std::vector<double> scores(all.scores.begin(), all.scores.end());
  std::vector<std::size_t> left = ranked(all.boxes, all.scores);
  std::sort(left.begin(), left.end());
  Detections kept;
  while (std::ssize(kept) < options.max_boxes) {
    std::erase_if(left, [&](std::size_t i) { return scores[i] < options.smallest_score; });
    if (left.empty()) break;
    const auto best = std::max_element(left.begin(), left.end(), [&](std::size_t i, std::size_t j) { return scores[i] < scores[j]; });
    const std::size_t place = *best;
    kept.push_back(candidates[place]);
    kept.back().score = static_cast<float>(scores[place]);
    left.erase(best);
    for (const std::size_t i : left)
      if (all.same_class(i, place)) scores[i] *= softened(iou(all.boxes[i], all.boxes[place]), options);
  }
  return kept;
}

}  // namespace

std::vector<std::int64_t> non_maximum_suppression(std::span<const Box> boxes, std::span<const float> scores,
                                                  std::span<const std::int64_t> classes, double threshold, BoxOverlap overlap) {
  require_threshold(threshold);
  if (scores.size() != boxes.size() || (!classes.empty() && classes.size() != boxes.size()))
    throw ShapeError(fmt::format("[non_maximum_suppression] {} boxes need as many scores and classes (or none), found {} and {}",
                                 boxes.size(), scores.size(), classes.size()));
  if (overlap != BoxOverlap::iou && overlap != BoxOverlap::diou)
    throw OptionError("[non_maximum_suppression] the overlap is iou or diou: the others do not bound how far apart boxes are");
  const std::vector<std::size_t> order = ranked(boxes, scores);
  const auto groups = ranks_by_class(order, classes);
  std::vector<char> is_kept(order.size());
  parallel_blocks(kernels::Context::current().threads(), std::ssize(groups), [&](std::int64_t group) {
    const std::vector<std::size_t>& ranks = groups[static_cast<std::size_t>(group)];
    std::vector<Box> members;
    for (const std::size_t rank : ranks) members.push_back(boxes[order[rank]]);
    KeptBoxes kept(members, overlap, threshold);
    for (std::size_t i = 0; i < members.size(); ++i) {
      if (kept.overlaps_any(i)) continue;
      kept.keep(i);
      is_kept[ranks[i]] = 1;
    }
  });
  std::vector<std::int64_t> places;
  for (std::size_t rank = 0; rank < order.size(); ++rank)
    if (is_kept[rank] != 0) places.push_back(static_cast<std::int64_t>(order[rank]));
  return places;
}

Detections suppress(const Detections& candidates, const SuppressionOptions& options) {
  require_threshold(options.threshold);
  if (options.max_boxes < 1) throw OptionError(fmt::format("[suppression] max_boxes is at least 1, found {}", options.max_boxes));
  if (!(options.sigma > 0)) throw OptionError(fmt::format("[suppression] sigma is more than 0, found {}", options.sigma));
  if (options.kind == SuppressionKind::linear || options.kind == SuppressionKind::gaussian) return suppress_softly(candidates, options);
  const Candidates all(candidates, options.class_agnostic);
  auto places = non_maximum_suppression(all.boxes, all.scores, all.classes, options.threshold,
                                        options.kind == SuppressionKind::diou ? BoxOverlap::diou : BoxOverlap::iou);
  if (std::ssize(places) > options.max_boxes) places.resize(static_cast<std::size_t>(options.max_boxes));
  Detections kept = pick(candidates, places);
  if (options.kind == SuppressionKind::weighted) average_boxes(kept, places, all, options.threshold);
  return kept;
}

}  // namespace fovea
