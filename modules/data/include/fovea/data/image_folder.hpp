// Folders of classes: every folder is a class, the pictures in it (at any depth) are its samples.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "fovea/data/dataset.hpp"
#include "fovea/data/finding.hpp"

namespace fovea {

/// What a folder holds: either `whole`, or splits. Null where missing.
struct ImageFolder {
  ClassificationDatasetPtr whole;
  ClassificationDatasetPtr train, val, test;
};

/// Opens a folder of classes. train/, val/ and test/ directly inside are splits when they hold class folders; other folders beside them are
/// then left alone. Classes are in natural order of their folders' names, hidden folders are skipped. Images are decoded by get().
/// `names`, when not empty, fixes the classes and their order (those of a model): every folder's name must be among them.
/// Throws FileError when there is no class folder, a single class, a class without pictures, or splits with different classes; with
/// `findings`, the last two are listed there instead, and the classes are those of all splits.
ImageFolder open_image_folder(const std::filesystem::path& folder, const std::vector<std::string>& names = {},
                              std::vector<DataFinding>* findings = nullptr);

}  // namespace fovea
