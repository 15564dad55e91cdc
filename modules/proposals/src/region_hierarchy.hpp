// Bottom-up grouping of regions: two by two, the most similar neighbours first.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "fovea/proposals/selective_search.hpp"
#include "fovea/superpixels/region_graph.hpp"
#include "region_features.hpp"

namespace fovea {

/// One region of a hierarchy. The first ones are those of the segmentation, in its order; each later one joins two before it.
struct HierarchyNode {
  Box box;
  std::int32_t left = -1, right = -1;  ///< its parts; -1: a region of the segmentation
};

/// `features` is changed on the way: a copy. The last node is the whole image, if the graph is connected.
std::vector<HierarchyNode> build_hierarchy(RegionFeatures features, const std::vector<RegionEdge>& graph, const Similarity& similarity,
                                           double image_size);

}  // namespace fovea
