// Boxes that predictions start from.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "fovea/detection/box_coder.hpp"

namespace fovea {

/// Intersection over union of two boxes with one centre.
double shape_iou(const AnchorSize& a, const AnchorSize& b);

struct AnchorClusterOptions {
  std::int64_t count = 9;
  int iterations = 300;  ///< at most; it ends earlier when no box changes its cluster
  std::uint64_t seed = 1;
};

struct AnchorClusters {
  std::vector<AnchorSize> anchors;  ///< by area, smallest first
  double mean_iou = 0;              ///< of every box with the anchor that is most like it
  double recall = 0;                ///< share of boxes for which that is more than 0.5
  int iterations = 0;               ///< that were run
};

/// k-means of box sizes with the distance 1 - shape_iou, from k-means++ seeds; the centre of a cluster is the mean of its sizes (Redmon and
/// Farhadi, "YOLO9000", CVPR 2017, section 2, "Dimension clusters"). A cluster that loses all its boxes takes the one that is least like
/// its own centre. Boxes without area are left out. Throws OptionError unless 1 <= count <= number of boxes and iterations >= 1.
AnchorClusters cluster_anchors(std::span<const AnchorSize> sizes, const AnchorClusterOptions& options = {});

/// Every combination of sizes (square roots of areas, in pixels) and ratios (height / width), sizes outermost: width = size / sqrt(ratio),
/// height = size sqrt(ratio), as RetinaNet and Faster R-CNN have them. Throws OptionError for one that is not above 0.
std::vector<AnchorSize> anchor_sizes(std::span<const double> sizes, std::span<const double> ratios);

/// Anchors around the middle of every cell of a map of rows x columns, row by row; a cell's stand together in the order of `sizes`.
std::vector<Box> grid_anchors(std::int64_t rows, std::int64_t columns, float stride, std::span<const AnchorSize> sizes);

}  // namespace fovea
