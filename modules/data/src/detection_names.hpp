// Finding images and classes of the ground truth by the names that other files use for them.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "fovea/data/detection_dataset.hpp"

namespace fovea {

/// "a/b.jpg" -> "b": what label files share with their image.
std::string stem_of(const std::string& file_name);

/// The files with this extension (".txt") directly in a folder, in natural order. Throws FileError when the folder cannot be read.
std::vector<std::filesystem::path> files_in(const std::filesystem::path& folder, const std::string& extension);

/// The annotations of each image, in their order, and the images' stems, which are names of files: no two may be equal. Throws OptionError.
struct ImageObjects {
  explicit ImageObjects(const DetectionDataset& dataset);

  std::vector<std::string> stems;
  std::vector<std::vector<const DetectionAnnotation*>> objects;
};

/// The classes of a data set whose format names them where they occur.
class CategoryNames {
 public:
  /// `names`, when there are any, are all that may occur, in their order; a number then stands for its place among them. Both outlive it.
  CategoryNames(DetectionDataset& dataset, const std::vector<std::string>& names);
  /// The index of a class, new ones at the end. `fail` gets what is wrong with an unknown one, and throws.
  std::int32_t index(std::string_view word, const std::function<void(const std::string& what)>& fail);
  /// Classes that were found by occurring get natural order and ids from 1; annotations follow.
  void finish();

 private:
  DetectionDataset& dataset_;
  const std::vector<std::string>& names_;
  std::unordered_map<std::string, std::int32_t> indices_;
};

/// Images and classes of a ground truth, for results that know them by name.
class TruthNames {
 public:
  /// `names` gives meaning to classes that are written as numbers. Keeps a reference to `truth`.
  TruthNames(const DetectionDataset& truth, const std::vector<std::string>& names);

  /// The image whose file name has this stem. Throws FileError naming `path` when there is none, or more than one.
  std::int32_t image(const std::filesystem::path& path, const std::string& stem) const;
  /// The class with this name, or -1, which is counted.
  std::int32_t category(std::string_view word);
  /// What was left out, in words; none when nothing was.
  std::vector<std::string> notes() const;

 private:
  const std::vector<std::string>& names_;
  std::unordered_map<std::string, std::int32_t> images_, categories_;  // -1: more than one image of this stem
  std::size_t unknown_ = 0;
  std::string first_unknown_;
};

}  // namespace fovea
