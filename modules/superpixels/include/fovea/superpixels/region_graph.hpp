// Which regions touch.
#pragma once

#include <cstdint>
#include <vector>

#include "fovea/superpixels/region_map.hpp"

namespace fovea {

/// Two regions, a < b, with pixels side by side.
struct RegionEdge {
  std::int32_t a, b;
  std::int64_t length;  ///< pairs of neighbouring pixels, one in each
  bool operator==(const RegionEdge&) const = default;
};

/// The region adjacency graph, by a and then b. `neighbours` of a pixel: 4 or 8; throws OptionError otherwise, ShapeError as
/// check_region_map does.
std::vector<RegionEdge> region_graph(const RegionMap& regions, int neighbours = 4);

}  // namespace fovea
