#include "fovea/detection/matcher.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "fovea/base/error.hpp"

namespace fovea {

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
  if (!options.keep_best) return matches;
  for (std::int64_t anchor = 0; anchor < overlaps.rows; ++anchor)
    for (std::int64_t object = 0; object < overlaps.columns; ++object) {
      const float best = best_of_object[static_cast<std::size_t>(object)];
      if (best > 0 && overlaps.at(anchor, object) == best)
        matches[static_cast<std::size_t>(anchor)] = nearest[static_cast<std::size_t>(anchor)];
    }
  return matches;
}

}  // namespace fovea
