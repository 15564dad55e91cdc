// Regions to look at.
#pragma once

#include <opencv2/core/mat.hpp>
#include <opencv2/core/types.hpp>

#include "fovea/superpixels/region_map.hpp"

namespace fovea {

/// CV_8U, 255 on boundary pixels, 0 elsewhere: a pixel is on a boundary when the one to its right, below it or to its lower right is in
/// another region (the rule of the Berkeley benchmark's maps), so that lines are one pixel wide. Throws ShapeError as check_region_map
/// does.
cv::Mat region_boundaries(const RegionMap& regions);

/// A copy of the image (8-bit BGR or grey) with the boundaries in `colour` (BGR). Throws ShapeError for other images and sizes.
cv::Mat draw_boundaries(const cv::Mat& image, const RegionMap& regions, cv::Scalar colour = {0, 255, 255});

}  // namespace fovea
