#include "fovea/data/detection_conversion.hpp"

#include <algorithm>
#include <filesystem>

#include "fovea/base/file.hpp"
#include "fovea/data/box_csv.hpp"
#include "fovea/data/box_text.hpp"
#include "fovea/data/coco.hpp"
#include "fovea/data/data_source.hpp"
#include "fovea/data/instance_masks.hpp"
#include "fovea/data/voc.hpp"
#include "fovea/data/yolo.hpp"

namespace fovea {

namespace {

namespace fs = std::filesystem;

/// Writes a data set and reads it again.
struct Target {
  const char* scheme;
  DetectionDataset (*through)(const DetectionDataset&, const fs::path&);
};

template <BoxTextForm form>
DetectionDataset through_box_text(const DetectionDataset& dataset, const fs::path& path) {
  write_box_text(path, dataset, form);
  return read_box_text(path, form);
}

constexpr Target kTargets[] = {
    {"coco",
     [](const DetectionDataset& dataset, const fs::path& path) {
       write_coco_instances(path, dataset);
       return read_coco_instances(path);
     }},
    {"voc",
     [](const DetectionDataset& dataset, const fs::path& path) {
       write_voc(path, dataset, dataset.split);
       return read_voc(path, dataset.split);
     }},
    {"yolo",
     [](const DetectionDataset& dataset, const fs::path& path) {
       write_yolo(path, dataset);
       std::vector<DetectionCategory> categories = dataset.categories;
       std::stable_sort(categories.begin(), categories.end(), [](const auto& a, const auto& b) { return a.id < b.id; });
       std::vector<std::string> names;
       for (const DetectionCategory& category : categories) names.push_back(category.name);
       return read_yolo(path / "labels", {.names = names, .sizes = &dataset});
     }},
    {"masks",
     [](const DetectionDataset& dataset, const fs::path& path) {
       write_instance_masks(path, dataset);
       const bool one = dataset.categories.size() == 1;
       return read_instance_masks(path, {.name = one ? dataset.categories.front().name : "object", .sizes = &dataset});
     }},
    {"csv",
     [](const DetectionDataset& dataset, const fs::path& path) {
       write_box_csv(path, dataset);
       return read_box_csv(path);
     }},
    {"boxtxt-xyxy", through_box_text<BoxTextForm::corners>},
    {"boxtxt-xywh", through_box_text<BoxTextForm::size>},
};

}  // namespace

std::vector<std::string> detection_targets() {
  std::vector<std::string> schemes;
  for (const Target& target : kTargets) schemes.emplace_back(target.scheme);
  return schemes;
}

bool is_detection_target(const std::string& target) {
  const std::vector<std::string> schemes = detection_targets();
  return std::find(schemes.begin(), schemes.end(), scheme_of(target)) != schemes.end();
}

std::vector<std::string> convert_detections(const DetectionDataset& dataset, const std::string& target) {
  const DataSource parsed = parse_data_source(target, detection_targets());
  require_unused(parsed.path);
  const Target& known = *std::find_if(std::begin(kTargets), std::end(kTargets), [&](const Target& t) { return parsed.scheme == t.scheme; });
  return detection_differences(dataset, known.through(dataset, parsed.path));
}

}  // namespace fovea
