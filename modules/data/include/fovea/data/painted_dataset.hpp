// Label maps from objects: what a semantic segmenter can learn from boxes' masks.
#pragma once

#include <string>
#include <vector>

#include "fovea/data/detection_dataset.hpp"
#include "fovea/data/segmentation_dataset.hpp"

namespace fovea {

/// What becomes of a crowd, whose region holds objects that nobody has drawn apart.
enum class CrowdPixels {
  ignored,     ///< its pixels do not count
  painted,     ///< its pixels are of its class
  background,  ///< as if it was not there
};

/// A class per pixel: 0 is background, 1 + i is category i. Crowds lie below all objects; of objects that overlap the later in the file is
/// on top, as the pixels of a map belong to one. Throws OptionError when an object has a box only, or the image no size.
cv::Mat paint_labels(const DetectionDataset& dataset, const std::vector<std::int32_t>& annotations, cv::Size size, int map_type,
                     CrowdPixels crowds);

/// The data set `dataset`, which was read from `source` ("coco:FILE.json", ...), as label maps. Pictures are found as find_image finds
/// them. Labels: "background", then the categories' names. Throws OptionError for more classes than 16 bits hold.
SegmentationDatasetPtr painted_dataset(DetectionDataset dataset, std::string source, std::filesystem::path image_root = {},
                                       CrowdPixels crowds = CrowdPixels::ignored);

}  // namespace fovea
