// Which region every pixel belongs to.
#pragma once

#include <cstdint>
#include <opencv2/core/mat.hpp>

namespace fovea {

/// A partition of an image: `labels` is CV_32S of the image's size, with values 0 ... count - 1, numbered by the first pixel of each region
/// in scan order (row by row).
struct RegionMap {
  cv::Mat labels;
  std::int32_t count = 0;
};

/// The same partition numbered as a RegionMap is. `labels` is CV_8U, CV_16U or CV_32S with any values: equal values are one region,
/// connected or not. Throws ShapeError for other or empty images.
RegionMap relabel(const cv::Mat& labels);

/// Every connected piece becomes a region of its own. `neighbours` is 4 or 8; throws OptionError otherwise, and as relabel does.
RegionMap connected_regions(const cv::Mat& labels, int neighbours = 4);

/// Throws ShapeError naming `operation` unless the map is CV_32S, not empty, and all labels lie in [0, count).
void check_region_map(const RegionMap& regions, const char* operation);

}  // namespace fovea
