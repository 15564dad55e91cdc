#include "yolo_layout.hpp"

#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <map>

#include "detection_names.hpp"
#include "fovea/base/error.hpp"
#include "fovea/base/file.hpp"
#include "fovea/base/text.hpp"
#include "fovea/data/label_names.hpp"
#include "fovea/vision/image_loader.hpp"
#include "text_fields.hpp"

namespace fovea {

namespace fs = std::filesystem;

namespace {

constexpr std::int64_t kMostClasses = 1'000'000;
const std::vector<std::string> kPreferredSplits = {"test", "val", "train"};

/// .../images/a/b.jpg -> .../labels/a/b.txt
fs::path label_of(const fs::path& image) {
  std::vector<fs::path> parts(image.begin(), image.end());
  const auto last = std::find(parts.rbegin(), parts.rend(), "images");
  if (last != parts.rend()) *last = "labels";
  fs::path label;
  for (const fs::path& part : parts) label /= part;
  return label.replace_extension(".txt");
}

std::vector<std::string> names_of(const YAML::Node& node, const std::string& path) {
  if (!node) throw FileError(path, "has no \"names\"");
  if (node.IsSequence()) return node.as<std::vector<std::string>>();
  if (!node.IsMap()) throw FileError(path, "names: expected a list or a map from number to name");
  std::map<std::int64_t, std::string> numbered;
  for (const auto& entry : node) numbered[entry.first.as<std::int64_t>()] = entry.second.as<std::string>();
  std::vector<std::string> names;
  for (const auto& [number, name] : numbered) {
    if (number < 0 || number > kMostClasses) throw FileError(path, fmt::format("names: expected numbers from 0 on, found {}", number));
    names.resize(static_cast<std::size_t>(number), "");
    names.push_back(name);
  }
  for (std::size_t i = 0; i < names.size(); ++i)
    if (names[i].empty()) names[i] = std::to_string(i);  // a number that the map leaves out
  return names;
}

/// The images of a folder or of a list file.
void add_images(YoloLayout& layout, const fs::path& place, const fs::path& base) {
  if (place.extension() != ".txt") {
    for (const fs::path& image : list_images(place)) layout.pairs.push_back({image, label_of(image)});
    return;
  }
  visit_lines(read_text_file(place), [&](std::size_t, std::string_view line) {
    if (const auto fields = fields_of(line); !fields.empty()) {
      const fs::path image = (base / fs::path(fields.front())).lexically_normal();
      layout.pairs.push_back({image, label_of(image)});
    }
  });
}

YoloLayout read_yaml(const fs::path& path, const YoloOptions& options) {
  const std::string name = path.string();
  try {
    const YAML::Node root = YAML::Load(read_text_file(path));
    if (!root.IsMap()) throw FileError(name, "expected a YAML map with \"names\" and \"train\", \"val\" or \"test\"");
    YoloLayout layout;
    layout.names = options.names.empty() ? names_of(root["names"], name) : options.names;
    layout.split = options.split;
    for (const std::string& split : kPreferredSplits)
      if (layout.split.empty() && root[split] && !root[split].IsNull()) layout.split = split;
    const YAML::Node places = layout.split.empty() ? YAML::Node(YAML::NodeType::Undefined) : root[layout.split];
    if (!places || places.IsNull())
      throw FileError(name, fmt::format("has no split \"{}\"", layout.split.empty() ? "train" : layout.split));
    const fs::path base = path.parent_path() / (root["path"] ? root["path"].as<std::string>() : "");
    for (const std::string& place : places.IsSequence() ? places.as<std::vector<std::string>>() : std::vector{places.as<std::string>()})
      add_images(layout, (base / place).lexically_normal(), base);
    return layout;
  } catch (const YAML::Exception& error) {
    throw FileError(name, fmt::format("line {}, column {}: {}", error.mark.line + 1, error.mark.column + 1, error.msg));
  }
}

std::vector<std::string> names_beside(const fs::path& folder, const YoloOptions& options) {
  if (!options.names.empty()) return options.names;
  for (const char* file : {"classes.txt", "obj.names"})
    if (fs::exists(folder / file)) return read_label_names(folder / file);
  throw FileError(folder.string(), "holds no data.yaml, classes.txt or obj.names, and no names were given");
}

YoloLayout read_images_and_labels(const fs::path& folder, const YoloOptions& options) {
  YoloLayout layout;
  layout.split = options.split;
  for (const std::string& split : kPreferredSplits)
    if (layout.split.empty() && fs::exists(folder / "images" / split)) layout.split = split;
  const bool whole = layout.split.empty() || layout.split == "all";
  add_images(layout, whole ? folder / "images" : folder / "images" / layout.split, folder);
  if (layout.split.empty()) layout.split = "all";
  return layout;
}

YoloLayout read_label_folder(const fs::path& folder, const YoloOptions& options) {
  YoloLayout layout;
  layout.split = "all";
  std::map<std::string, fs::path> images;
  const fs::path image_folder = options.image_root.empty() ? folder : options.image_root;
  if (options.sizes != nullptr)
    for (const DetectionImage& image : options.sizes->images) images.emplace(stem_of(image.file_name), image.file_name);
  else
    for (const fs::path& image : list_images(image_folder)) images.emplace(image.stem().string(), image);
  for (const fs::path& label : files_in(folder, ".txt")) {
    if (label.filename() == "classes.txt") continue;
    read_item(options.findings, [&] {
      const auto image = images.find(label.stem().string());
      if (image == images.end())
        throw ItemError(FindingKind::missing_image, label.string(),
                        fmt::format("no image \"{}\" in {}; say --image-root", label.stem().string(), image_folder.string()));
      layout.pairs.push_back({image->second, label});
    });
  }
  return layout;
}

}  // namespace

std::vector<std::string> yolo_splits(const fs::path& source) {
  const fs::path yaml = fs::is_directory(source) ? source / "data.yaml" : source;
  std::vector<std::string> splits;
  try {
    const YAML::Node root = fs::exists(yaml) ? YAML::Load(read_text_file(yaml)) : YAML::Node();
    for (const char* split : {"train", "val", "test"}) {
      const bool is_there = root.IsMap() ? root[split] && !root[split].IsNull() : fs::is_directory(source / "images" / split);
      if (is_there) splits.emplace_back(split);
    }
  } catch (const YAML::Exception&) {
    // The reader says where the file is damaged.
  }
  if (splits.empty()) splits.emplace_back(fs::exists(yaml) ? "" : "all");
  return splits;
}

YoloLayout find_yolo_layout(const fs::path& source, const YoloOptions& options) {
  if (!fs::is_directory(source)) return read_yaml(source, options);
  if (fs::exists(source / "data.yaml")) return read_yaml(source / "data.yaml", options);
  const std::vector<std::string> names = names_beside(source, options);  // before any folder is searched for images
  YoloLayout layout = fs::is_directory(source / "images") ? read_images_and_labels(source, options) : read_label_folder(source, options);
  layout.names = names;
  return layout;
}

}  // namespace fovea
