#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>

#include "doctor/open_splits.hpp"
#include "doctor/repair.hpp"
#include "fovea/base/error.hpp"
#include "fovea/base/file.hpp"
#include "fovea/data/box_csv.hpp"
#include "fovea/data/box_text.hpp"
#include "fovea/data/coco.hpp"
#include "fovea/data/data_source.hpp"
#include "fovea/data/voc.hpp"
#include "fovea/data/yolo.hpp"

namespace fovea {

namespace fs = std::filesystem;

namespace {

using doctor::RepairedSplit;

/// Unless a split before this one has brought it.
void copy_image(const fs::path& from, const fs::path& to) {
  if (!fs::exists(to)) write_copy(from, to);
}

/// Where an image lies below the folder of images: as the data set has it, unless that leads out of the folder.
fs::path place_of(const DetectionImage& image) {
  const fs::path path = fs::path(image.file_name).lexically_normal();
  const bool leads_out = path.is_absolute() || *path.begin() == "..";
  return leads_out ? path.filename() : path;
}

/// The images of a split; names that lead out of the folder change.
void copy_images(RepairedSplit& split, const fs::path& folder) {
  for (std::size_t i = 0; i < split.files.size(); ++i) {
    if (split.files[i].empty()) continue;
    const fs::path place = place_of(split.boxes.images[i]);
    split.boxes.images[i].file_name = place.generic_string();
    copy_image(split.files[i], folder / place);
  }
}

/// Formats with a file for each split, which keeps its name.
template <void (*write)(const fs::path&, const DetectionDataset&)>
void write_files(const Inspection& data, std::vector<RepairedSplit>& splits, const fs::path& folder) {
  for (std::size_t s = 0; s < splits.size(); ++s) {
    const fs::path file = folder / path_of(data.splits[s].source).filename();
    if (fs::exists(file)) throw FileError(file.string(), "would be written twice: two sources have files of one name");
    copy_images(splits[s], folder / "images");
    write(file, splits[s].boxes);
  }
}

void write_voc(const Inspection& data, std::vector<RepairedSplit>& splits, const fs::path& folder) {
  for (std::size_t s = 0; s < splits.size(); ++s) {
    copy_images(splits[s], folder / "JPEGImages");
    write_voc(folder, splits[s].boxes, data.splits[s].name);
  }
}

void write_yolo(const Inspection& data, std::vector<RepairedSplit>& splits, const fs::path& folder) {
  if (splits.size() == 1) {
    copy_images(splits.front(), folder / "images");
    return write_yolo(folder, splits.front().boxes);
  }
  YAML::Emitter yaml;
  yaml << YAML::BeginMap << YAML::Key << "path" << YAML::Value << ".";
  for (std::size_t s = 0; s < splits.size(); ++s) {
    const std::string& name = data.splits[s].name;
    copy_images(splits[s], folder / name / "images");
    write_yolo(folder / name, splits[s].boxes);
    yaml << YAML::Key << name << YAML::Value << name + "/images";
  }
  std::vector<std::string> names;
  for (const DetectionCategory& category : splits.front().boxes.categories) names.push_back(category.name);
  yaml << YAML::Key << "names" << YAML::Value << names << YAML::EndMap;
  write_file(folder / "data.yaml", std::string(yaml.c_str()) + "\n");
}

template <BoxTextForm form>
void write_text(const Inspection&, std::vector<RepairedSplit>& splits, const fs::path& folder) {
  for (RepairedSplit& split : splits) {
    write_box_text(folder, split.boxes, form);
    for (std::size_t i = 0; i < split.files.size(); ++i)
      if (!split.files[i].empty()) copy_image(split.files[i], folder / "images" / split.files[i].filename());
  }
}

struct Target {
  const char* scheme;
  void (*write)(const Inspection& data, std::vector<RepairedSplit>& splits, const fs::path& folder);
};

constexpr Target kTargets[] = {
    {"coco", write_files<write_coco_instances>},
    {"csv", write_files<write_box_csv>},
    {"voc", write_voc},
    {"yolo", write_yolo},
    {"boxtxt-xyxy", write_text<BoxTextForm::corners>},
    {"boxtxt-xywh", write_text<BoxTextForm::size>},
};

/// Pictures that can be decoded, in the same folders.
std::vector<std::string> write_classes(const Inspection& data, const fs::path& folder) {
  std::vector<std::string> changes;
  for (const InspectedSplit& split : data.splits)
    for (const InspectedImage& image : split.images)
      if (image.problem.empty())
        copy_image(image.file, folder / image.name);
      else
        changes.push_back(fmt::format("{}: {}: left out: {}", split.name, image.name, image.problem));
  return changes;
}

/// What the readers refused is not in what is written.
std::vector<std::string> unread_items(const Inspection& data) {
  std::vector<std::string> changes;
  for (const DataFinding& finding : data.findings)
    if (finding.place == ImagePlace{} && !finding.file.empty() && finding.kind != FindingKind::empty_class_folder)
      changes.push_back(fmt::format("{}: left out: {}", finding.file, finding.message));
  return changes;
}

}  // namespace

std::vector<std::string> write_repaired(const Inspection& data, const fs::path& folder) {
  require_unused(folder);
  const std::string scheme = scheme_of(data.splits.front().source);
  const auto target = std::find_if(std::begin(kTargets), std::end(kTargets), [&](const Target& t) { return scheme == t.scheme; });
  if (target == std::end(kTargets) && scheme != "folder")
    throw OptionError(fmt::format("[doctor] {} is read, but no repaired copy of its kind is written", data.splits.front().source));
  std::vector<std::string> changes = unread_items(data);
  const auto add = [&](const std::vector<std::string>& more) { changes.insert(changes.end(), more.begin(), more.end()); };
  if (!data.has_boxes()) {
    add(write_classes(data, folder));
    return changes;
  }
  std::vector<RepairedSplit> splits;
  for (const InspectedSplit& split : data.splits) {
    splits.push_back(doctor::repaired(split));
    add(splits.back().changes);
  }
  target->write(data, splits, folder);
  return changes;
}

}  // namespace fovea
