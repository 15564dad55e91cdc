// Writing COCO instances and results, one item a line.
#include <fmt/format.h>

#include "coco_json.hpp"
#include "fovea/data/coco.hpp"

namespace fovea {

namespace {

Json to_json(const Segmentation& segmentation, bool as_numbers) {
  if (const auto* polygons = std::get_if<Polygons>(&segmentation)) return *polygons;
  const auto* mask = std::get_if<RleMask>(&segmentation);
  if (mask == nullptr) return Json::array();
  return {{"size", {mask->height, mask->width}}, {"counts", as_numbers ? Json(mask->counts) : Json(to_compressed(*mask))}};
}

Json to_json(const DetectionAnnotation& annotation, const DetectionDataset& dataset) {
  Json json = {{"id", annotation.id},
               {"image_id", dataset.images[static_cast<std::size_t>(annotation.image)].id},
               {"category_id", dataset.categories[static_cast<std::size_t>(annotation.category)].id},
               {"bbox", to_json(annotation.box)},
               {"area", annotation.area},
               {"iscrowd", annotation.is_crowd ? 1 : 0},
               {"segmentation", to_json(annotation.segmentation, annotation.is_crowd)}};
  if (annotation.is_difficult) json["difficult"] = 1;
  if (annotation.is_truncated) json["truncated"] = 1;
  return json;
}

}  // namespace

void write_coco_instances(const std::filesystem::path& path, const DetectionDataset& dataset) {
  FileWriter file(path);
  file.append("{\"images\": ");
  append_list(file, dataset.images, [](const DetectionImage& image) { return to_json(image); });
  file.append(",\n\"categories\": ");
  append_list(file, dataset.categories, [](const DetectionCategory& category) { return to_json(category); });
  file.append(",\n\"annotations\": ");
  append_list(file, dataset.annotations, [&](const DetectionAnnotation& annotation) { return to_json(annotation, dataset); });
  file.append("}\n");
  file.commit();
}

void write_coco_results(const std::filesystem::path& path, const DetectionResults& results, const DetectionDataset& truth) {
  FileWriter file(path);
  append_list(file, results.results, [&](const DetectionResult& result) {
    Json json = {{"image_id", truth.images[static_cast<std::size_t>(result.image)].id},
                 {"category_id", truth.categories[static_cast<std::size_t>(result.category)].id},
                 {"score", result.score}};
    if (results.has_boxes) json["bbox"] = to_json(result.box);
    if (!std::holds_alternative<std::monostate>(result.mask)) json["segmentation"] = to_json(result.mask, false);
    return json;
  });
  file.append("\n");
  file.commit();
}

}  // namespace fovea
