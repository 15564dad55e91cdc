// Boxes in comma-separated values: one row for each object, the first row with the columns' names, in any order and case.
//
//     file                    also file_name, filename, image, path
//     label                   also class, category, name
//     x1 y1 x2 y2             corners; also xmin ymin xmax ymax
//     or x y width height     upper left corner and size; also w h
//     score                   also confidence: of results only, where it must be
//     image_width, image_height (beside corners also width, height), area, crowd (iscrowd), difficult, truncated    may be missing
//
// Other columns are passed over. A row whose label and box are empty is an image without objects. `fovea predict` writes this form.
// Errors are FileErrors that name the line.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "fovea/data/detection_dataset.hpp"
#include "fovea/data/finding.hpp"

namespace fovea {

/// Classes: `names` in their order (then "3" is names[3]), otherwise those that occur, in natural order. read_item says what `findings`
/// does with rows that cannot be taken.
DetectionDataset read_box_csv(const std::filesystem::path& path, const std::vector<std::string>& names = {},
                              std::vector<DataFinding>* findings = nullptr);

/// Reads results for the images and classes of `truth`, found by the stem of the file name and by name. An image that is not there is an
/// error; classes that are not there are left out and counted in a note.
DetectionResults read_box_csv_results(const std::filesystem::path& path, const DetectionDataset& truth,
                                      const std::vector<std::string>& names = {});

/// Writes ground truth: file,image_width,image_height,label,x,y,width,height,area,crowd,difficult,truncated. Numbers read back to the same
/// bits; masks, ids and classes without objects are not held.
void write_box_csv(const std::filesystem::path& path, const DetectionDataset& dataset);

}  // namespace fovea
