// Folders of classes: every folder is a class, the pictures in it (at any depth) are its samples.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "fovea/data/dataset.hpp"

namespace fovea {

/// What a folder holds: either `whole`, or splits. Null where missing.
struct ImageFolder {
  ClassificationDatasetPtr whole;
  ClassificationDatasetPtr train, val, test;
};

/// Opens a folder of classes. train/, val/ and test/ directly inside are splits when they hold class folders; other folders beside them are
/// then left alone. Classes are in natural order of their folders' names, hidden folders are skipped. Images are decoded by get().
/// `names`, when not empty, fixes the classes and their order (those of a model): every folder's name must be among them.
/// Throws FileError when there is no class folder, a single class, a class without pictures, or splits with different classes.
ImageFolder open_image_folder(const std::filesystem::path& folder, const std::vector<std::string>& names = {});

}  // namespace fovea
