// Pascal VOC: Annotations/*.xml, ImageSets/Main/*.txt, JPEGImages.
//
// Corners are pixels counted from 1, the last included; in memory the same box is x = xmin - 1, width = xmax - xmin + 1 (and so for y),
// which is the area that its pixels cover. difficult, truncated, pose, size and file name may be missing. Errors name the file and the
// line.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "fovea/data/detection_dataset.hpp"
#include "fovea/data/finding.hpp"

namespace fovea {

/// Reads the split `split` ("train", "val", "trainval", "test", ... : ImageSets/Main/<split>.txt; "all": every XML file; "": test, else
/// val, else all) of a VOC folder. Classes: `names` in their order, otherwise those that occur, sorted; ids from 1. With `findings`, files
/// and objects that are errors are left out and listed there.
DetectionDataset read_voc(const std::filesystem::path& folder, const std::string& split = "", const std::vector<std::string>& names = {},
                          std::vector<DataFinding>* findings = nullptr);

/// Those of train, val and test that the folder has lists for; "all" alone where it has none.
std::vector<std::string> voc_splits(const std::filesystem::path& folder);

/// Writes Annotations/<stem>.xml and ImageSets/Main/<split>.txt. Crowds, segmentations, ids, and areas unlike the boxes' are not held by
/// this format and are left out. Throws OptionError when two images have the same stem, FileError when a file cannot be written.
void write_voc(const std::filesystem::path& folder, const DetectionDataset& dataset, const std::string& split);

}  // namespace fovea
