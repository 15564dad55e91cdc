#include "fovea/detection/suppression.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "fovea/base/error.hpp"

namespace fovea {

namespace {

bool is_finite(const Box& box) { return std::isfinite(box.x1) && std::isfinite(box.y1) && std::isfinite(box.x2) && std::isfinite(box.y2); }

/// In single precision, in this order: which boxes are kept depends on the last bit.
float single_iou(const Box& a, const Box& b) {
  const float width = std::max(0.0f, std::min(a.x2, b.x2) - std::max(a.x1, b.x1));
  const float height = std::max(0.0f, std::min(a.y2, b.y2) - std::max(a.y1, b.y1));
  const float common = width * height;
  return common / (a.width() * a.height() + b.width() * b.height() - common);
}

void require_threshold(double threshold) {
  if (!(threshold >= 0 && threshold <= 1)) throw OptionError(fmt::format("[suppression] the threshold is in [0, 1], found {}", threshold));
}

/// Places of what may be kept, by score, then by place.
std::vector<std::int64_t> ranked(std::span<const Box> boxes, std::span<const float> scores) {
  std::vector<std::int64_t> order;
  for (std::size_t i = 0; i < boxes.size(); ++i)
    if (is_finite(boxes[i]) && std::isfinite(scores[i])) order.push_back(static_cast<std::int64_t>(i));
  std::stable_sort(order.begin(), order.end(), [&](std::int64_t a, std::int64_t b) {
    return scores[static_cast<std::size_t>(a)] > scores[static_cast<std::size_t>(b)];
  });
  return order;
}

}  // namespace

std::vector<std::int64_t> non_maximum_suppression(std::span<const Box> boxes, std::span<const float> scores,
                                                  std::span<const std::int64_t> classes, double threshold) {
  require_threshold(threshold);
  if (scores.size() != boxes.size() || (!classes.empty() && classes.size() != boxes.size()))
    throw ShapeError(fmt::format("[non_maximum_suppression] {} boxes need as many scores and classes (or none), found {} and {}",
                                 boxes.size(), scores.size(), classes.size()));
  std::vector<std::int64_t> kept;
  for (const std::int64_t place : ranked(boxes, scores)) {
    const auto i = static_cast<std::size_t>(place);
    const bool is_new = std::none_of(kept.begin(), kept.end(), [&](std::int64_t other) {
      const auto k = static_cast<std::size_t>(other);
      return (classes.empty() || classes[k] == classes[i]) && single_iou(boxes[k], boxes[i]) > threshold;
    });
    if (is_new) kept.push_back(place);
  }
  return kept;
}

Detections suppress(const Detections& candidates, const SuppressionOptions& options) {
  require_threshold(options.threshold);
  if (options.max_boxes < 1) throw OptionError(fmt::format("[suppression] max_boxes is at least 1, found {}", options.max_boxes));
  if (options.kind != SuppressionKind::hard) throw OptionError("[suppression] only hard suppression is there yet");
  std::vector<Box> boxes;
  std::vector<float> scores;
  std::vector<std::int64_t> classes;
  for (const Detection& d : candidates) {
    boxes.push_back(d.box);
    scores.push_back(d.score);
    if (!options.class_agnostic) classes.push_back(d.index);
  }
  Detections kept;
  for (const std::int64_t place : non_maximum_suppression(boxes, scores, classes, options.threshold)) {
    if (std::ssize(kept) == options.max_boxes) break;
    kept.push_back(candidates[static_cast<std::size_t>(place)]);
  }
  return kept;
}

}  // namespace fovea
