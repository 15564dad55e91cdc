// Label maps and panoptic segments from one form to another, with proof: what was written is read again and compared item by item.
#pragma once

#include <string>
#include <vector>

#include "fovea/data/detection_dataset.hpp"
#include "fovea/data/segmentation_dataset.hpp"
#include "fovea/data/segmentation_source.hpp"

namespace fovea {

/// What a data set read back lacks or has otherwise, one line for each property, as detection_differences. Maps are brought together by id,
/// classes by name. Empty when the two are equal in every property.
std::vector<std::string> segmentation_differences(const SegmentationDataset& expected, const SegmentationDataset& found);

/// Writes FOLDER/ID.png for every map, with the data set's palette, else VOC's; 16 bits of grey for more than 255 classes. Class names go
/// to FOLDER/classes.txt, where open_segmentation_data finds them. Throws FileError.
void write_label_pngs(const std::filesystem::path& folder, const SegmentationDataset& dataset);

/// Every class of a map as one object with run lengths; class 0 is background and no object.
DetectionDataset to_detections(const SegmentationDataset& dataset);

struct SegmentationConversion {
  std::string split;  ///< that was read
  std::int64_t images = 0;
  std::vector<std::string> lost;   ///< what the other form does not hold, item by item
  std::vector<std::string> notes;  ///< for the log
};

/// Whether convert_segmentations is for this pair: label maps or segments on one side at least.
bool is_segmentation_conversion(const std::string& source, const std::string& target);

/// From any source of open_segmentation_data to png:LABELS or png:IMAGES,LABELS (pictures are copied), panoptic:FILE.json, or a target of
/// convert_detections. Objects become segments of panoptic:, of which the later lies on top. Throws OptionError and FileError; a file or
/// folder that exists is not written over.
SegmentationConversion convert_segmentations(const std::string& source, const std::string& target, const SegmentationDataOptions& options);

}  // namespace fovea
