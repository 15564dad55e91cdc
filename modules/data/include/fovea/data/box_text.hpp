// One text file per image, one line per box: "class x y w h" for ground truth, "class score x y w h" for results; or corners x1 y1 x2 y2.
// Numbers are pixels. An empty file is an image without boxes. Errors name the file and the line.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "fovea/data/detection_dataset.hpp"
#include "fovea/data/finding.hpp"

namespace fovea {

enum class BoxTextForm {
  corners,  ///< x1 y1 x2 y2
  size,     ///< x y width height
};

/// Reads `folder`/*.txt. Images have the file's name without extension and no size. Classes: `names` in their order (then "3" is names[3]),
/// otherwise those that occur, in natural order. With `findings`, lines that are errors are left out and listed there.
DetectionDataset read_box_text(const std::filesystem::path& folder, BoxTextForm form, const std::vector<std::string>& names = {},
                               std::vector<DataFinding>* findings = nullptr);

/// Reads results for the images and classes of `truth`, found by the stem of the file name and by name; "3" is names[3] where given. A file
/// without its image is an error; classes that are not there are left out and counted in a note.
DetectionResults read_box_text_results(const std::filesystem::path& folder, BoxTextForm form, const DetectionDataset& truth,
                                       const std::vector<std::string>& names = {});

/// Writes ground truth: <stem>.txt for every image. Names, boxes and nothing else are held by this format. Throws OptionError when a class
/// name holds a space or two images have the same stem.
void write_box_text(const std::filesystem::path& folder, const DetectionDataset& dataset, BoxTextForm form);

}  // namespace fovea
