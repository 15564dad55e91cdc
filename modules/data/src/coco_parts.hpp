// What instances and results have in common.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "fovea/data/detection_dataset.hpp"
#include "fovea/data/finding.hpp"
#include "json_document.hpp"

namespace fovea {

/// From the ids of a file to places in its list.
using CocoIds = std::unordered_map<std::int64_t, std::int32_t>;

/// The list behind `key` of the file; `expected` names the format in the error that there is none.
JsonDocument::Array coco_list(const JsonDocument& file, const char* key, const char* expected);

/// Calls read(element, place) for each of the list behind `key`; read_item says what `findings` does.
template <class Read>
void read_coco_list(const JsonDocument& file, const char* key, const char* expected, std::vector<DataFinding>* findings, Read&& read) {
  JsonPlace place{key};
  for (const JsonDocument::Element element : coco_list(file, key, expected)) {
    read_item(findings, [&] { read(element, place); });
    ++place.index;
  }
}

/// The index of what an annotation refers to; `unknown` is unknown_image or unknown_class.
std::int32_t find_coco_id(const JsonDocument& file, const CocoIds& ids, std::int64_t id, const JsonPlace& place, FindingKind unknown);

// "images" and "categories"; their ids are added to `ids`, each of which must be new.
std::vector<DetectionImage> read_coco_images(const JsonDocument& file, CocoIds& ids, const char* expected,
                                             std::vector<DataFinding>* findings = nullptr);
std::vector<DetectionCategory> read_coco_categories(const JsonDocument& file, CocoIds& ids, const char* expected,
                                                    std::vector<DataFinding>* findings = nullptr);

/// [x, y, width, height].
XywhBox coco_box(const JsonDocument& file, JsonDocument::Element element, const JsonPlace& place);

/// Polygons or run lengths for an image of this size; a size of 0 is not known and not compared.
Segmentation coco_segmentation(const JsonDocument& file, JsonDocument::Element element, const JsonPlace& place,
                               const DetectionImage& image);

/// The value behind `key`, or an error that it is missing.
template <class Value>
const Value& required(const JsonDocument& file, const std::optional<Value>& value, const JsonPlace& place, std::string_view key) {
  if (!value) file.fail(place, "\"" + std::string(key) + "\" is missing");
  return *value;
}

}  // namespace fovea
