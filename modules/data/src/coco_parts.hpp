// What instances and results have in common.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "fovea/data/detection_dataset.hpp"
#include "json_document.hpp"

namespace fovea {

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
