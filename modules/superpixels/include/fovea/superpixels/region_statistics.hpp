// What a region is like: size, place, colour.
#pragma once

#include <cstdint>
#include <opencv2/core/mat.hpp>
#include <opencv2/core/types.hpp>
#include <vector>

#include "fovea/superpixels/region_map.hpp"
#include "fovea/vision/box.hpp"

namespace fovea {

struct RegionStatistics {
  std::int64_t area = 0;       ///< pixels
  std::int64_t perimeter = 0;  ///< sides of pixels that separate the region from others and from what lies outside the image
  Box box;                     ///< the smallest that covers all its pixels
  cv::Point2d centroid;        ///< mean of its pixels' centres; the centre of the first pixel is (0.5, 0.5)
  std::vector<double> mean;    ///< of each channel, in the units of the image
};

/// One entry a region. `image` has the map's size, any number of channels and any depth but CV_16F. Throws ShapeError for other sizes and
/// maps.
std::vector<RegionStatistics> region_statistics(const RegionMap& regions, const cv::Mat& image);

/// The image with each pixel replaced by the mean of its region, of the image's type (whole numbers: rounded). Throws as region_statistics
/// does.
cv::Mat mean_colours(const RegionMap& regions, const cv::Mat& image);

}  // namespace fovea
