// Regions to look at.
#pragma once

#include <opencv2/core/mat.hpp>
#include <opencv2/core/types.hpp>

#include "fovea/superpixels/region_map.hpp"

namespace fovea {

/// A copy of the image (8-bit BGR or grey) with the regions' boundaries (label_boundaries) in `colour` (BGR). Throws ShapeError for other
/// images and sizes.
cv::Mat draw_boundaries(const cv::Mat& image, const RegionMap& regions, cv::Scalar colour = {0, 255, 255});

}  // namespace fovea
