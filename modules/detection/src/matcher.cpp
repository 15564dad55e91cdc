#include "fovea/detection/matcher.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "fovea/base/error.hpp"

namespace fovea {

namespace {

/// Every object's anchors of the largest overlap find their own nearest object.
void keep_best(const OverlapMatrix& overlaps, const std::vector<float>& best_of_object, const std::vector<std::int64_t>& nearest,
               std::vector<std::int64_t>& matches) {
  for (std::int64_t anchor = 0; anchor < overlaps.rows; ++anchor)
    for (std::int64_t object = 0; object < overlaps.columns; ++object) {
      const float best = best_of_object[static_cast<std::size_t>(object)];
      if (best > 0 && overlaps.at(anchor, object) == best)
        matches[static_cast<std::size_t>(anchor)] = nearest[static_cast<std::size_t>(anchor)];
    }
}

/// Every object's first anchor of the largest overlap finds that object.
void claim_best(const OverlapMatrix& overlaps, std::vector<std::int64_t>& matches) {
  for (std::int64_t object = 0; object < overlaps.columns; ++object) {
    std::int64_t best = 0;
    for (std::int64_t anchor = 1; anchor < overlaps.rows; ++anchor)
      if (overlaps.at(anchor, object) > overlaps.at(best, object)) best = anchor;
    if (overlaps.rows > 0 && overlaps.at(best, object) > 0) matches[static_cast<std::size_t>(best)] = object;
  }
}

}  // namespace

std::vector<std::int64_t> match(const OverlapMatrix& overlaps, const MatcherOptions& options) {
  if (!(options.background_below >= 0 && options.background_below <= options.object_from && options.object_from <= 1))
    throw OptionError(fmt::format("[match] expected 0 <= background_below <= object_from <= 1, found {} and {}", options.background_below,
                                  options.object_from));
  std::vector<std::int64_t> matches(static_cast<std::size_t>(overlaps.rows), kBackground);
  if (overlaps.columns == 0) return matches;
  std::vector<float> best_of_object(static_cast<std::size_t>(overlaps.columns), 0.0f);
  std::vector<std::int64_t> nearest(matches.size());
  for (std::int64_t anchor = 0; anchor < overlaps.rows; ++anchor) {
    const auto row = overlaps.values.begin() + anchor * overlaps.columns;
    const auto best = std::max_element(row, row + overlaps.columns);
    const auto place = static_cast<std::size_t>(anchor);
    nearest[place] = best - row;
    matches[place] = *best >= options.object_from ? nearest[place] : *best < options.background_below ? kBackground : kIgnoredAnchor;
    for (std::size_t object = 0; object < best_of_object.size(); ++object)
      best_of_object[object] = std::max(best_of_object[object], row[static_cast<std::ptrdiff_t>(object)]);
  }
  if (options.keep_best) keep_best(overlaps, best_of_object, nearest, matches);
  if (options.claim_best) claim_best(overlaps, matches);
  return matches;
}

}  // namespace fovea
