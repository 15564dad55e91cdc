// What COCO's files have in common when they are written.
#pragma once

#include <nlohmann/json.hpp>

#include "fovea/base/file.hpp"
#include "fovea/base/json.hpp"
#include "fovea/data/detection_dataset.hpp"

namespace fovea {

inline Json to_json(const XywhBox& box) { return {box.x, box.y, box.width, box.height}; }

inline Json to_json(const DetectionImage& image) {
  return {{"id", image.id}, {"file_name", image.file_name}, {"width", image.width}, {"height", image.height}};
}

inline Json to_json(const DetectionCategory& category) {
  Json json = {{"id", category.id}, {"name", category.name}};
  if (!category.supercategory.empty()) json["supercategory"] = category.supercategory;
  return json;
}

/// "[", the items one a line, "]".
template <class Items, class Write>
void append_list(FileWriter& file, const Items& items, Write&& write) {
  file.append("[");
  const char* separator = "\n";
  for (const auto& item : items) {
    file.append(separator + write(item).dump(-1, ' ', false, Json::error_handler_t::replace));
    separator = ",\n";
  }
  file.append("\n]");
}

}  // namespace fovea
