// Which object each anchor is to find.
#pragma once

#include <cstdint>
#include <vector>

#include "fovea/detection/box_overlaps.hpp"

namespace fovea {

/// What an anchor is matched to, when not to an object.
inline constexpr std::int64_t kBackground = -1, kIgnoredAnchor = -2;

struct MatcherOptions {
  double background_below = 0.4;  ///< anchors whose best overlap is less are background
  double object_from = 0.5;       ///< those whose best overlap is at least this find that object; between the two they are ignored
  bool keep_best = true;          ///< every object also gets the anchors that overlap it most, all of equal overlap, however little
};

/// For every anchor (row) the index of an object (column), kBackground or kIgnoredAnchor. Of objects with equal overlap the first counts;
/// an anchor that is the best of an object overlaps its own best object, as Faster R-CNN has it (Ren et al., NIPS 2015, section 3.1.2).
/// Throws OptionError unless 0 <= background_below <= object_from <= 1.
std::vector<std::int64_t> match(const OverlapMatrix& overlaps, const MatcherOptions& options = {});

}  // namespace fovea
