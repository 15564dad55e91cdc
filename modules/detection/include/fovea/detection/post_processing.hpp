// From what a head decodes to what a user sees.
#pragma once

#include <cstdint>
#include <vector>

#include "fovea/detection/suppression.hpp"
#include "fovea/vision/transform.hpp"

namespace fovea {

struct PostProcessingOptions {
  double smallest_score = 0.25;       ///< what is less sure is left out
  std::int64_t candidates = 3000;     ///< the best ones, which suppression sees; at least 1
  std::vector<std::int64_t> classes;  ///< that are wanted; none: all
  SuppressionOptions suppression = {};
};

/// Candidates in pixels of a network's input, in any order, to detections in pixels of the image that `geometry` made the input from: those
/// that are sure enough and of a wanted class, the best of them, without those that mean the same object, mapped back and cut at the
/// image's border. Boxes that lie outside are left out. Throws OptionError for options outside their ranges.
Detections post_process(Detections candidates, const Transform& geometry, const PostProcessingOptions& options = {});

/// The box in the image that `geometry` maps to `box`: exact for changes that keep axes apart and parallel (resize, letterbox, crop, flip).
Box inverted(const Transform& geometry, const Box& box);

}  // namespace fovea
