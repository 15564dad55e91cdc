#include "fovea/data/image_folder.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "fovea/base/error.hpp"
#include "fovea/base/text.hpp"
#include "fovea/vision/image_loader.hpp"
#include "labelled_files.hpp"

namespace fovea {

namespace fs = std::filesystem;

namespace {

/// Names of the folders in `folder`, hidden ones left out, in natural order. None when it is no folder.
std::vector<std::string> folders_in(const fs::path& folder) {
  std::vector<std::string> names;
  if (!fs::is_directory(folder)) return names;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder)) {
    const std::string name = entry.path().filename().string();
    if (entry.is_directory() && !name.starts_with('.')) names.push_back(name);
  }
  std::sort(names.begin(), names.end(), natural_less);
  return names;
}

/// The index of a folder's class among `labels`.
std::int64_t class_index(const std::string& name, const std::vector<std::string>& labels, const fs::path& folder) {
  const auto found = std::find(labels.begin(), labels.end(), name);
  if (found == labels.end())
    throw ItemError(FindingKind::unknown_class, (folder / name).string(),
                    "is no known class: " + unknown_name_message("class", name, labels));
  return found - labels.begin();
}

ClassificationDatasetPtr open_classes(const fs::path& root, const fs::path& folder, const std::vector<std::string>& labels,
                                      std::vector<DataFinding>* findings) {
  std::vector<LabelledFile> files;
  for (const std::string& name : folders_in(folder))
    read_item(findings, [&] {
      const std::int64_t label = class_index(name, labels, folder);
      const std::vector<fs::path> images = list_images(folder / name);
      if (images.empty())
        throw ItemError(FindingKind::empty_class_folder, (folder / name).string(), "holds no pictures, expected those of a class");
      for (const fs::path& image : images) files.push_back({image, label});
    });
  return labelled_files(root, std::move(files), labels);
}

bool holds(const std::vector<std::string>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

/// The folders of a split must be those of the first one.
void require_same_classes(const fs::path& first, const fs::path& other, std::vector<DataFinding>* findings) {
  const std::vector<std::string> expected = folders_in(first), found = folders_in(other);
  const auto refuse = [&](const std::string& message) {
    read_item(findings, [&] { throw ItemError(FindingKind::empty_class_folder, other.string(), message); });
  };
  for (const std::string& name : expected)
    if (!holds(found, name)) refuse(fmt::format("has no class folder \"{}\", but {} has", name, first.string()));
  for (const std::string& name : found)
    if (!holds(expected, name)) refuse(fmt::format("has the class folder \"{}\", but {} has not", name, first.string()));
}

/// The classes of all splits: the first one's, then what only others have.
std::vector<std::string> all_classes(const std::vector<fs::path>& splits) {
  std::vector<std::string> classes;
  for (const fs::path& split : splits)
    for (const std::string& name : folders_in(split))
      if (!holds(classes, name)) classes.push_back(name);
  return classes;
}

void require_classes(const std::vector<std::string>& classes, const fs::path& folder) {
  if (classes.empty()) throw FileError(folder.string(), "holds no class folders, expected one folder of pictures for each class");
  if (classes.size() == 1)
    throw FileError(folder.string(), fmt::format("a classifier needs at least two classes, found one: \"{}\"", classes[0]));
}

}  // namespace

ImageFolder open_image_folder(const fs::path& folder, const std::vector<std::string>& names, std::vector<DataFinding>* findings) {
  if (!fs::is_directory(folder)) throw FileError(folder.string(), "is not a folder, expected one that holds a folder for each class");
  std::vector<fs::path> splits;
  for (const char* split : {"train", "val", "test"})
    if (!folders_in(folder / split).empty()) splits.push_back(folder / split);

  const fs::path& classes_folder = splits.empty() ? folder : splits.front();
  const std::vector<std::string> classes = findings != nullptr && !splits.empty() ? all_classes(splits) : folders_in(classes_folder);
  require_classes(classes, classes_folder);
  const std::vector<std::string>& labels = names.empty() ? classes : names;

  ImageFolder result;
  if (splits.empty()) {
    result.whole = open_classes(folder, folder, labels, findings);
    return result;
  }
  for (const fs::path& split : splits) {
    require_same_classes(classes_folder, split, findings);
    const std::string name = split.filename().string();
    (name == "train" ? result.train : name == "val" ? result.val : result.test) = open_classes(folder, split, labels, findings);
  }
  return result;
}

}  // namespace fovea
