// Reading COCO's panoptic format.
#include "fovea/data/panoptic.hpp"

#include <fmt/format.h>

#include <opencv2/core.hpp>
#include <set>

#include "coco_parts.hpp"
#include "fovea/base/error.hpp"
#include "mask_annotation.hpp"

namespace fovea {

namespace fs = std::filesystem;

namespace {

using Element = JsonDocument::Element;

constexpr const char* kFormat = "COCO panoptic";
constexpr std::int64_t kMostIds = std::int64_t{1} << 24;

std::vector<PanopticCategory> read_categories(const JsonDocument& file, CocoIds& ids) {
  std::vector<PanopticCategory> categories;
  for (DetectionCategory& category : read_coco_categories(file, ids, kFormat)) categories.push_back({std::move(category), true, {}});
  JsonPlace place{"categories"};
  for (const Element element : coco_list(file, "categories", kFormat)) {
    PanopticCategory& category = categories[place.index];
    for (const auto& [key, value] : file.object(element, place)) {
      if (key == "isthing") category.is_thing = file.truth(value, place.at(key));
      if (key != "color") continue;
      std::vector<std::int64_t> color;
      for (const Element part : file.array(value, place.at(key))) color.push_back(file.integer(part, place.at(key)));
      if (color.size() != 3) file.fail(place.at(key), fmt::format("expected 3 numbers red, green, blue, found {}", color.size()));
      category.color = {static_cast<std::uint8_t>(color[0]), static_cast<std::uint8_t>(color[1]), static_cast<std::uint8_t>(color[2])};
    }
    ++place.index;
  }
  return categories;
}

PanopticSegment read_segment(const JsonDocument& file, Element element, const JsonPlace& place, const CocoIds& categories) {
  PanopticSegment segment;
  std::optional<std::int64_t> id, category;
  for (const auto& [key, value] : file.object(element, place)) {
    if (key == "id") id = file.integer(value, place);
    if (key == "category_id") category = file.integer(value, place);
    if (key == "iscrowd") segment.is_crowd = file.truth(value, place);
  }
  segment.id = required(file, id, place, "id");
  if (segment.id < 1 || segment.id >= kMostIds)
    file.fail(place, fmt::format("expected segment ids from 1 to {}, found {}", kMostIds - 1, segment.id));
  segment.category = find_coco_id(file, categories, required(file, category, place, "category_id"), place, FindingKind::unknown_class);
  return segment;
}

/// One item of "annotations".
struct RawAnnotation {
  std::optional<std::int64_t> image;
  std::optional<std::string> file_name;
  std::optional<std::vector<PanopticSegment>> segments;
};

RawAnnotation read_annotation(const JsonDocument& file, Element element, const JsonPlace& place, const CocoIds& categories) {
  RawAnnotation raw;
  for (const auto& [key, value] : file.object(element, place)) {
    const JsonPlace here = place.at(key);
    if (key == "image_id") raw.image = file.integer(value, here);
    if (key == "file_name") raw.file_name = file.text(value, here);
    if (key != "segments_info") continue;
    raw.segments.emplace();
    std::set<std::int64_t> seen;
    for (const Element segment : file.array(value, here)) {
      raw.segments->push_back(read_segment(file, segment, here, categories));
      if (!seen.insert(raw.segments->back().id).second)
        file.fail(here, fmt::format("segment {} for the second time", raw.segments->back().id));
    }
  }
  return raw;
}

fs::path png_folder(const fs::path& file, const fs::path& pngs) {
  if (!pngs.empty()) return pngs;
  const fs::path folder = fs::path(file).replace_extension();
  return fs::is_directory(folder) ? folder : file.parent_path();
}

CocoIds ids_of(const PanopticDataset& dataset, bool of_images) {
  CocoIds ids;
  if (of_images)
    for (const PanopticImage& image : dataset.images) ids.emplace(image.image.id, static_cast<std::int32_t>(ids.size()));
  else
    for (const PanopticCategory& category : dataset.categories) ids.emplace(category.id, static_cast<std::int32_t>(ids.size()));
  return ids;
}

}  // namespace

PanopticDataset read_panoptic(const fs::path& path, const fs::path& pngs, const PanopticDataset* truth) {
  const JsonDocument file(path);
  const auto has = [&](const char* key) { return file.object(file.root(), {}).at_key(key).error() == simdjson::SUCCESS; };
  PanopticDataset dataset;
  CocoIds image_ids, category_ids;
  std::vector<DetectionImage> images;
  if (truth != nullptr && !has("images")) {
    for (const PanopticImage& image : truth->images) images.push_back(image.image);
    image_ids = ids_of(*truth, true);
  } else {
    images = read_coco_images(file, image_ids, kFormat);
  }
  if (truth != nullptr && !has("categories")) {
    dataset.categories = truth->categories;
    category_ids = ids_of(*truth, false);
  } else {
    dataset.categories = read_categories(file, category_ids);
  }
  const fs::path folder = png_folder(path, pngs);
  std::vector<bool> annotated(images.size());
  JsonPlace place{"annotations"};
  for (const Element element : coco_list(file, "annotations", kFormat)) {
    RawAnnotation raw = read_annotation(file, element, place, category_ids);
    const auto index = static_cast<std::size_t>(
        find_coco_id(file, image_ids, required(file, raw.image, place, "image_id"), place.at("image_id"), FindingKind::unknown_image));
    if (annotated[index]) file.fail(place.at("image_id"), fmt::format("image {} for the second time", *raw.image));
    annotated[index] = true;
    dataset.images.push_back(
        {images[index], folder / required(file, raw.file_name, place, "file_name"), required(file, raw.segments, place, "segments_info")});
    ++place.index;
  }
  if (dataset.images.size() < images.size())
    dataset.notes.push_back(
        fmt::format("{} of {} images have no annotation: left out", images.size() - dataset.images.size(), images.size()));
  return dataset;
}

cv::Mat read_segment_ids(const PanopticImage& image) {
  const cv::Mat ids = read_id_png(image.png);
  if (image.image.width > 0 && (ids.cols != image.image.width || ids.rows != image.image.height))
    throw FileError(image.png.string(), fmt::format("has {}x{} pixels, but image {} has {}x{}", ids.cols, ids.rows, image.image.id,
                                                    image.image.width, image.image.height));
  std::unordered_map<std::int32_t, bool> seen = {{0, true}};
  for (const PanopticSegment& segment : image.segments) seen.emplace(static_cast<std::int32_t>(segment.id), false);
  std::int32_t last = 0;
  for (int y = 0; y < ids.rows; ++y)
    for (int x = 0; x < ids.cols; ++x) {
      const std::int32_t id = ids.at<std::int32_t>(y, x);
      if (id == last) continue;
      last = id;
      const auto found = seen.find(id);
      if (found == seen.end())
        throw FileError(image.png.string(), fmt::format("pixel ({}, {}) is of segment {}, which segments_info of image {} does not list", x,
                                                        y, id, image.image.id));
      found->second = true;
    }
  for (const PanopticSegment& segment : image.segments)
    if (!seen.at(static_cast<std::int32_t>(segment.id)))
      throw FileError(image.png.string(),
                      fmt::format("holds no pixel of segment {}, which segments_info of image {} lists", segment.id, image.image.id));
  return ids;
}

DetectionDataset to_detections(const PanopticDataset& dataset) {
  DetectionDataset detections;
  detections.notes = dataset.notes;
  for (const PanopticCategory& category : dataset.categories) detections.categories.push_back(category);
  for (const PanopticImage& image : dataset.images) {
    const cv::Mat ids = read_segment_ids(image);
    for (const PanopticSegment& segment : image.segments) {
      DetectionAnnotation annotation = annotation_of(encode_mask(ids == static_cast<double>(segment.id)));
      annotation.id = static_cast<std::int64_t>(detections.annotations.size()) + 1;
      annotation.image = static_cast<std::int32_t>(detections.images.size());
      annotation.category = segment.category;
      annotation.is_crowd = segment.is_crowd;
      detections.annotations.push_back(std::move(annotation));
    }
    detections.images.push_back(image.image);
  }
  return detections;
}

}  // namespace fovea
