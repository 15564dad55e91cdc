// Of boxes that mean the same object, the best.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "fovea/detection/detections.hpp"

namespace fovea {

/// The places of the boxes that are kept, by score, then by place: a box is kept unless its intersection over union with one of the same
/// class that was kept before it is more than `threshold`. `classes` may be empty: all boxes are of one. Overlaps are computed in single
/// precision as intersection / (area + area - intersection), which is what torchvision's nms does: the same boxes are kept. Boxes with a
/// coordinate or a score that is not finite are not kept. Throws ShapeError when the lists differ in length, OptionError unless
/// 0 <= threshold <= 1.
std::vector<std::int64_t> non_maximum_suppression(std::span<const Box> boxes, std::span<const float> scores,
                                                  std::span<const std::int64_t> classes, double threshold);

/// What becomes of a box that overlaps a better one of its class.
enum class SuppressionKind : std::uint8_t {
  hard,  ///< left out when IoU > threshold
  diou,  ///< left out when DIoU > threshold: boxes whose centres are apart stay (Zheng et al., "Distance-IoU loss", AAAI 2020, section 3.4)
  linear,    ///< its score times 1 - IoU when IoU > threshold (Bodla et al., "Soft-NMS", ICCV 2017, eq. 2)
  gaussian,  ///< its score times exp(-IoU^2 / sigma), whatever the threshold (eq. 3 there)
  weighted,  ///< as hard; what is kept becomes the mean, weighted by scores, of the boxes that it stands for (Zhou et al., "CAD", ICCV
             ///< 2017)
};

struct SuppressionOptions {
  SuppressionKind kind = SuppressionKind::hard;
  double threshold = 0.45;        ///< of the overlap, in [0, 1]
  double sigma = 0.5;             ///< of the Gaussian, more than 0
  double smallest_score = 0.001;  ///< soft kinds leave out what falls below
  bool class_agnostic = false;    ///< boxes of any class are compared
  std::int64_t max_boxes = 300;   ///< that are kept, the best ones; at least 1
};

/// What is left of `candidates`, which may have any order, best first. Throws OptionError for options outside their ranges.
Detections suppress(const Detections& candidates, const SuppressionOptions& options = {});

}  // namespace fovea
