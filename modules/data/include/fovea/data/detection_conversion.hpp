// From one detection format to another, with proof: what was written is read again and compared item by item.
#pragma once

#include <string>
#include <vector>

#include "fovea/data/detection_dataset.hpp"

namespace fovea {

/// What a data set read back lacks or has otherwise, one line for each property: "area: 36 of 40 differ, first in \"a.jpg\": 704.5, found
/// 1024". Empty when the two are equal in every property. Images are brought together by the stem of their file name, annotations by their
/// order in the image, classes by name.
std::vector<std::string> detection_differences(const DetectionDataset& expected, const DetectionDataset& found);

/// Writes `dataset` as "coco:FILE.json", "voc:DIR", "yolo:DIR", "masks:DIR", "csv:FILE", "boxtxt-xyxy:DIR" or "boxtxt-xywh:DIR", reads it
/// again and returns the differences: what the format cannot hold. Throws OptionError and FileError; a file or folder that exists is not
/// written over.
std::vector<std::string> convert_detections(const DetectionDataset& dataset, const std::string& target);

/// The schemes that convert_detections writes.
std::vector<std::string> detection_targets();

/// Whether convert_detections knows the scheme of `target`.
bool is_detection_target(const std::string& target);

}  // namespace fovea
