// YOLO labels: one text file per image, "class cx cy w h" relative to the image's size, or "class x1 y1 x2 y2 x3 y3 ..." for an outline.
//
// A missing file is an image without a label file, an empty one an image that was looked at and holds nothing: both are background and are
// counted apart in the notes. A damaged file is an error that names file and line: a wrong number of fields, what is no number, a class
// that is not in the list, coordinates that are not relative.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "fovea/data/detection_dataset.hpp"
#include "fovea/data/finding.hpp"

namespace fovea {

struct YoloOptions {
  std::string split;                        ///< "train", "val", "test"; "": test, else val, else train
  std::vector<std::string> names;           ///< of the classes, where no file holds them
  std::filesystem::path image_root;         ///< where the images are, when not where the form says
  const DetectionDataset* sizes = nullptr;  ///< takes files and sizes from here, by stem, instead of from images: for label folders alone
  /// Where lines that are errors are listed and left out; boxes beyond the image are then kept, and images that cannot be read have no size
  /// and no objects.
  std::vector<DataFinding>* findings = nullptr;
};

/// Reads
///   data.yaml         `path`, `train`/`val`/`test` (a folder, a list file, or several), `names` (a list or a map), as Ultralytics writes
///   them;
///                     labels lie in the path of the image with its last "images" replaced by "labels"
///   a folder          with data.yaml in it; or with images/[split/] and labels/[split/]; or of label files, with the images beside them or
///   in
///                     image_root. Names: options.names, else classes.txt or obj.names in the folder
/// Category ids are the numbers in the files, from 0. The images are needed for their sizes, and only their headers are read.
DetectionDataset read_yolo(const std::filesystem::path& source, const YoloOptions& options = {});

/// The splits that read_yolo can be asked for, in the order train, val, test; "all" alone where there are none. Throws FileError.
std::vector<std::string> yolo_splits(const std::filesystem::path& source);

/// Writes labels/<stem>.txt for every image (empty where there is nothing) and data.yaml, which expects the images in images/. Classes are
/// numbered from 0 by rising id. An object with one outline is written as that outline, any other as its box; crowds, run lengths, areas,
/// ids and flags are not held by this format. Throws OptionError when an image has no size or two have the same stem.
void write_yolo(const std::filesystem::path& folder, const DetectionDataset& dataset);

}  // namespace fovea
