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
  bool claim_best = false;        ///< the first anchor that overlaps an object most finds this one, however much it overlaps others
};

/// For every anchor (row) the index of an object (column), kBackground or kIgnoredAnchor. Of objects with equal overlap the first counts;
/// an anchor that is the best of an object overlaps its own best object, as Faster R-CNN has it (Ren et al., NIPS 2015, section 3.1.2).
/// With `claim_best` it finds the object whose best it is, of several the last, as SSD has it (Liu et al., ECCV 2016, section 2.2).
/// Throws OptionError unless 0 <= background_below <= object_from <= 1.
std::vector<std::int64_t> match(const OverlapMatrix& overlaps, const MatcherOptions& options = {});

}  // namespace fovea
