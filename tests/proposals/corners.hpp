// Boxes that can be compared as sets.
#pragma once

#include <set>
#include <span>
#include <tuple>

#include "fovea/proposals/proposal_source.hpp"

namespace fovea::test {

using Corners = std::tuple<float, float, float, float>;

inline Corners corners_of(const Box& box) { return {box.x1, box.y1, box.x2, box.y2}; }

inline std::set<Corners> corners(std::span<const Proposal> proposals) {
  std::set<Corners> set;
  for (const Proposal& p : proposals) set.insert(corners_of(p.box));
  return set;
}

}  // namespace fovea::test
