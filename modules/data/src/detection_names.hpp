// Finding images and classes of the ground truth by the names that other files use for them.
#pragma once

#include <filesystem>
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
