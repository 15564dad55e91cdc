// From "png:IMAGES,LABELS", "masks:DIR", ... to pictures with a class per pixel.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "fovea/data/painted_dataset.hpp"
#include "fovea/data/segmentation_dataset.hpp"

namespace fovea {

struct SegmentationDataOptions {
  std::string split;                 ///< "train", "val", "test" or "all"; "": test, else val, else all
  std::vector<std::string> names;    ///< of the classes, for formats that hold numbers
  std::filesystem::path image_root;  ///< where pictures are, when not where the format says
  std::vector<int> values;           ///< of label PNGs: the values of classes 0, 1, ..., all others are ignored; empty: values are classes
  std::optional<int> ignored;        ///< of label PNGs: the value that is ignored, -1 for none; not set: 255 of 8 bits, 65535 of 16 bits
  CrowdPixels crowds = CrowdPixels::ignored;
  std::uint64_t seed = 1;    ///< of splits
  bool seeded_split = true;  ///< of formats that have none; otherwise "" is all of them
  int threads = 0;           ///< that look through label maps; 0: all
};

struct SegmentationData {
  SegmentationDatasetPtr dataset;
  std::string split;               ///< that was opened
  std::vector<std::string> notes;  ///< for the log: what was missing and what was assumed
};

/// Opens
///   png:IMAGES,LABELS   label PNGs and the pictures of their names (png:LABELS: label maps without pictures); Cityscapes' names and splits
///   as
///                       folders train, val, test are known. Names: LABELS/classes.txt; without, classes are 0 to the
///                       largest label
///   voc:DIR             SegmentationClass, JPEGImages, ImageSets/Segmentation
///   panoptic:FILE.json  the categories of COCO's panoptic segments; void is ignored
///   coco:FILE.json, yolo:..., masks:DIR   objects painted over a background (painted_dataset.hpp)
/// Data without splits get a seeded stratified 80/10/10, by the rarest class of each map. Throws OptionError and FileError.
SegmentationData open_segmentation_data(const std::string& source, const SegmentationDataOptions& options = {});

/// Whether the scheme of `source` is one of these.
bool is_segmentation_source(const std::string& source);

}  // namespace fovea
