// Reading COCO instances, with or without scores.
#include <fmt/format.h>

#include <optional>
#include <utility>

#include "coco_parts.hpp"
#include "fovea/data/coco.hpp"

namespace fovea {

namespace {

using Element = JsonDocument::Element;

constexpr const char* kFormat = "COCO instances";

/// One annotation as the file has it: ids not yet looked up, everything optional.
struct RawAnnotation {
  std::optional<std::int64_t> id, image, category;
  std::optional<XywhBox> box;
  std::optional<double> area, score;
  bool is_crowd = false, is_difficult = false, is_truncated = false;
  std::optional<Element> segmentation;
};

RawAnnotation read_raw_annotation(const JsonDocument& file, Element element, const JsonPlace& place) {
  RawAnnotation raw;
  for (const auto& [key, value] : file.object(element, place)) {
    const JsonPlace here = place.at(key);
    if (key == "id") raw.id = file.integer(value, here);
    if (key == "image_id") raw.image = file.integer(value, here);
    if (key == "category_id") raw.category = file.integer(value, here);
    if (key == "bbox") raw.box = coco_box(file, value, here);
    if (key == "area") raw.area = file.number(value, here);
    if (key == "score") raw.score = file.number(value, here);
    if (key == "iscrowd") raw.is_crowd = file.truth(value, here);
    if (key == "difficult") raw.is_difficult = file.truth(value, here);
    if (key == "truncated") raw.is_truncated = file.truth(value, here);
    if (key == "segmentation" && !value.is_null()) raw.segmentation = value;
  }
  return raw;
}

struct ScoredInstances {
  DetectionDataset dataset;
  std::vector<std::optional<double>> scores;
};

/// An annotation with its references resolved; its area is the box's where it has none.
DetectionAnnotation resolved(const JsonDocument& file, const RawAnnotation& raw, const JsonPlace& place, const CocoIds& images,
                             const CocoIds& categories, const DetectionDataset& dataset) {
  DetectionAnnotation annotation;
  annotation.id = raw.id.value_or(static_cast<std::int64_t>(place.index) + 1);
  annotation.image =
      find_coco_id(file, images, required(file, raw.image, place, "image_id"), place.at("image_id"), FindingKind::unknown_image);
  annotation.category = find_coco_id(file, categories, required(file, raw.category, place, "category_id"), place.at("category_id"),
                                     FindingKind::unknown_class);
  annotation.box = required(file, raw.box, place, "bbox");
  annotation.area = raw.area.value_or(annotation.box.area());
  annotation.is_crowd = raw.is_crowd;
  annotation.is_difficult = raw.is_difficult;
  annotation.is_truncated = raw.is_truncated;
  if (raw.segmentation)
    annotation.segmentation =
        coco_segmentation(file, *raw.segmentation, place.at("segmentation"), dataset.images[static_cast<std::size_t>(annotation.image)]);
  return annotation;
}

ScoredInstances read_instances(const JsonDocument& file, std::vector<DataFinding>* findings = nullptr) {
  ScoredInstances read;
  DetectionDataset& dataset = read.dataset;
  CocoIds images, categories;
  dataset.images = read_coco_images(file, images, kFormat, findings);
  dataset.categories = read_coco_categories(file, categories, kFormat, findings);
  std::size_t without_area = 0;
  read_coco_list(file, "annotations", kFormat, findings, [&](Element element, const JsonPlace& place) {
    const RawAnnotation raw = read_raw_annotation(file, element, place);
    dataset.annotations.push_back(resolved(file, raw, place, images, categories, dataset));
    read.scores.push_back(raw.score);
    without_area += raw.area ? 0 : 1;
  });
  if (without_area > 0)
    dataset.notes.push_back(
        fmt::format("{} of {} annotations have no area: their boxes' areas are taken", without_area, dataset.annotations.size()));
  return read;
}

}  // namespace

DetectionDataset read_coco_instances(const std::filesystem::path& path, std::vector<DataFinding>* findings) {
  return read_instances(JsonDocument(path), findings).dataset;
}

DetectionResults read_coco_scored_instances(const std::filesystem::path& path, const DetectionDataset& truth) {
  const JsonDocument file(path);
  ScoredInstances read = read_instances(file);
  const auto images = index_by(truth.images, &DetectionImage::file_name), categories = index_by(truth.categories, &DetectionCategory::name);
  DetectionResults results;
  std::size_t unknown = 0;
  for (JsonPlace place{"annotations"}; place.index < read.scores.size(); ++place.index) {
    DetectionAnnotation& found = read.dataset.annotations[place.index];
    const double score = required(file, read.scores[place.index], place, "score");
    const DetectionImage& image = read.dataset.images[static_cast<std::size_t>(found.image)];
    const auto at = images.find(image.file_name);
    if (at == images.end()) file.fail(place.at("image_id"), fmt::format("the ground truth has no image \"{}\"", image.file_name));
    const auto category = categories.find(read.dataset.categories[static_cast<std::size_t>(found.category)].name);
    if (category == categories.end())
      ++unknown;
    else
      results.results.push_back({at->second, category->second, found.box, score, std::move(found.segmentation)});
  }
  if (unknown > 0)
    results.notes.push_back(fmt::format("{} results of categories that the ground truth does not have are left out", unknown));
  return results;
}

}  // namespace fovea
