// Images and their classes in comma-separated values: a row for each image, the first row with the columns' names.
//
//     file    also file_name, filename, image, path: relative to the file's folder
//     label   also class, category, name
//     split   train, val or test; may be missing
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "fovea/data/image_folder.hpp"

namespace fovea {

/// Classes: `names` in their order, otherwise those that occur, in natural order. Throws FileError naming the line: an image that is not
/// there, a class that is not among `names`, an unknown split; and when there are less than two classes, or no rows.
ImageFolder open_class_csv(const std::filesystem::path& path, const std::vector<std::string>& names = {});

}  // namespace fovea
