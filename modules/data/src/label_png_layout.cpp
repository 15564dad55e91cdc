#include "label_png_layout.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>

#include "fovea/base/error.hpp"
#include "fovea/base/file.hpp"
#include "fovea/vision/image_loader.hpp"
#include "text_fields.hpp"

namespace fovea {

namespace fs = std::filesystem;

namespace {

const std::vector<std::string> kSplits = {"train", "val", "test"};
/// Cityscapes: of several kinds of files beside each other, the first that occurs is read.
const std::vector<std::string> kLabelSuffixes = {"_gtFine_labelTrainIds", "_gtFine_labelIds", "_gtCoarse_labelTrainIds",
                                                 "_gtCoarse_labelIds"};
const std::string kImageSuffix = "_leftImg8bit";

struct NamedFile {
  std::string id;
  fs::path path;
};

/// The path below `folder` without extension.
std::string name_below(const fs::path& path, const fs::path& folder) {
  return fs::path(path).lexically_relative(folder).replace_extension().generic_string();
}

std::vector<NamedFile> label_files(const fs::path& folder) {
  std::vector<NamedFile> files;
  for (const fs::path& path : list_images(folder))
    if (path.extension() == ".png" || path.extension() == ".PNG") files.push_back({name_below(path, folder), path});
  if (files.empty()) throw FileError(folder.string(), "holds no PNG files, expected labels");
  for (const std::string& suffix : kLabelSuffixes) {
    std::vector<NamedFile> chosen;
    for (const NamedFile& file : files)
      if (file.id.ends_with(suffix)) chosen.push_back({file.id.substr(0, file.id.size() - suffix.size()), file.path});
    if (!chosen.empty()) return chosen;
  }
  return files;
}

std::map<std::string, fs::path> image_files(const fs::path& folder) {
  std::map<std::string, fs::path> files;
  for (const fs::path& path : list_images(folder)) {
    std::string id = name_below(path, folder);
    if (id.ends_with(kImageSuffix)) id.resize(id.size() - kImageSuffix.size());
    const auto [at, added] = files.emplace(id, path);
    if (!added)
      throw FileError(path.string(), fmt::format("has the name of {}: which one do the labels \"{}\" belong to?", at->second.string(), id));
  }
  if (files.empty()) throw FileError(folder.string(), "holds no pictures");
  return files;
}

std::string counted(std::size_t count, const char* what, const std::string& first) {
  return fmt::format("{} {} (\"{}\" first): left out", count, what, first);
}

std::vector<LabelPngPair> pairs_of(const fs::path& images, const fs::path& labels, std::vector<std::string>& notes) {
  std::vector<LabelPngPair> pairs;
  const std::vector<NamedFile> files = label_files(labels);
  if (images.empty()) {
    for (const NamedFile& file : files) pairs.push_back({{}, file.path, file.id});
    return pairs;
  }
  std::map<std::string, fs::path> pictures = image_files(images);
  const std::string first_picture = pictures.begin()->first;
  std::vector<std::string> lonely;
  for (const NamedFile& file : files) {
    const auto picture = pictures.find(file.id);
    if (picture == pictures.end()) {
      lonely.push_back(file.id);
      continue;
    }
    pairs.push_back({picture->second, file.path, file.id});
    pictures.erase(picture);
  }
  if (pairs.empty())
    throw FileError(labels.string(), fmt::format("holds no labels of the name of a picture in {}: \"{}\" here, \"{}\" there",
                                                 images.string(), files.front().id, first_picture));
  if (!lonely.empty()) notes.push_back(counted(lonely.size(), "label files have no picture", lonely.front()));
  if (!pictures.empty()) notes.push_back(counted(pictures.size(), "pictures have no label file", pictures.begin()->first));
  return pairs;
}

/// The samples that one of VOC's lists names; nothing when none of them has labels, as those of a contest's test part.
std::optional<LabelPngLayout::Split> listed_split(const fs::path& list, const std::vector<LabelPngPair>& pairs, const fs::path& labels) {
  std::map<std::string, const LabelPngPair*> by_id;
  for (const LabelPngPair& pair : pairs) by_id.emplace(pair.id, &pair);
  LabelPngLayout::Split split{list.stem().string(), {}};
  std::size_t missing_line = 0;
  std::string missing;
  visit_lines(read_text_file(list), [&](std::size_t number, std::string_view line) {
    const auto fields = fields_of(line);
    if (fields.empty()) return;
    const auto found = by_id.find(std::string(fields.front()));
    if (found != by_id.end())
      split.pairs.push_back(*found->second);
    else if (missing_line == 0)
      missing = fields.front(), missing_line = number;
  });
  if (split.pairs.empty()) return std::nullopt;
  if (missing_line > 0)
    throw FileError(list.string(),
                    fmt::format("line {}: \"{}\" has no label file in {}, or no picture", missing_line, missing, labels.string()));
  return split;
}

std::vector<LabelPngLayout::Split> voc_splits(const fs::path& labels, const std::vector<LabelPngPair>& pairs,
                                              std::vector<std::string>& notes) {
  std::vector<LabelPngLayout::Split> splits;
  const fs::path folder = labels.filename().empty() ? labels.parent_path() : labels;  // "DIR/" is DIR
  if (folder.filename() != "SegmentationClass") return splits;
  for (const std::string& name : kSplits) {
    const fs::path list = folder.parent_path() / "ImageSets/Segmentation" / (name + ".txt");
    if (!fs::exists(list)) continue;
    if (auto split = listed_split(list, pairs, labels))
      splits.push_back(std::move(*split));
    else
      notes.push_back(fmt::format("{}: none of its samples has labels; left out", list.string()));
  }
  return splits;
}

std::vector<LabelPngLayout::Split> folder_splits(const std::vector<LabelPngPair>& pairs) {
  std::map<std::string, std::vector<LabelPngPair>> folders;
  for (const LabelPngPair& pair : pairs) folders[pair.id.substr(0, pair.id.find('/'))].push_back(pair);
  std::vector<LabelPngLayout::Split> splits;
  for (const std::string& name : kSplits)
    if (folders.contains(name)) splits.push_back({name, std::move(folders[name])}), folders.erase(name);
  return folders.empty() ? splits : std::vector<LabelPngLayout::Split>();
}

}  // namespace

LabelPngLayout find_label_pngs(const fs::path& images, const fs::path& labels) {
  LabelPngLayout layout;
  const std::vector<LabelPngPair> pairs = pairs_of(images, labels, layout.notes);
  layout.splits = voc_splits(labels, pairs, layout.notes);
  if (layout.splits.empty()) layout.splits = folder_splits(pairs);
  if (layout.splits.empty()) layout.splits.push_back({"all", pairs});
  return layout;
}

}  // namespace fovea
