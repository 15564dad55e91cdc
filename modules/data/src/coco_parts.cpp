#include "coco_parts.hpp"

#include <fmt/format.h>

#include "fovea/base/error.hpp"

namespace fovea {

namespace {

using Element = JsonDocument::Element;

std::vector<double> numbers_of(const JsonDocument& file, Element element, const JsonPlace& place) {
  std::vector<double> numbers;
  for (const Element number : file.array(element, place)) numbers.push_back(file.number(number, place));
  return numbers;
}

Polygons polygons_of(const JsonDocument& file, Element element, const JsonPlace& place) {
  constexpr std::size_t kLeast = 4;
  Polygons polygons;
  for (const Element part : file.array(element, place)) {
    polygons.push_back(numbers_of(file, part, place));
    const std::size_t count = polygons.back().size();
    if (count < kLeast || count % 2 != 0) file.fail(place, fmt::format("expected polygons of pairs x, y, found one of {} numbers", count));
  }
  return polygons;
}

RleMask runs_of(const JsonDocument& file, Element counts, const JsonPlace& place, std::int64_t height, std::int64_t width) {
  try {
    if (counts.is_string()) return from_compressed(file.text(counts, place), height, width);
    std::vector<std::uint32_t> runs;
    for (const Element count : file.array(counts, place)) {
      const std::int64_t run = file.integer(count, place);
      if (run < 0 || run > UINT32_MAX)
        file.fail(place, fmt::format("run {} has a length of {}, expected 0 to {}", runs.size(), run, UINT32_MAX));
      runs.push_back(static_cast<std::uint32_t>(run));
    }
    return make_mask(runs, height, width);
  } catch (const OptionError& error) {
    file.fail(place, error.what());
  }
}

RleMask mask_of_object(const JsonDocument& file, Element element, const JsonPlace& place, const DetectionImage& image) {
  const JsonDocument::Object object = file.object(element, place);
  Element size, counts;
  if (object.at_key("size").get(size) != simdjson::SUCCESS || object.at_key("counts").get(counts) != simdjson::SUCCESS)
    file.fail(place, "expected \"size\" and \"counts\"");
  std::vector<std::int64_t> sides;
  for (const Element side : file.array(size, place)) sides.push_back(file.integer(side, place));
  if (sides.size() != 2) file.fail(place, fmt::format("expected a size of two numbers, height and width, found {}", sides.size()));
  const std::int64_t height = sides[0], width = sides[1];
  if (image.height > 0 && image.width > 0 && (height != image.height || width != image.width))
    file.fail(place, fmt::format("a mask of {}x{} in an image of {}x{} (width x height)", width, height, image.width, image.height));
  return runs_of(file, counts, place, height, width);
}

/// Adds an id that must be new.
void add_id(const JsonDocument& file, CocoIds& ids, std::int64_t id, const JsonPlace& place) {
  if (!ids.emplace(id, static_cast<std::int32_t>(ids.size())).second) file.fail(place.at("id"), fmt::format("{} for the second time", id));
}

std::int64_t side_of(const JsonDocument& file, Element element, const JsonPlace& place) {
  const std::int64_t side = file.integer(element, place);
  if (side < 0 || side > INT32_MAX) file.fail(place, fmt::format("expected 0 to {} pixels, found {}", INT32_MAX, side));
  return side;
}

}  // namespace

JsonDocument::Array coco_list(const JsonDocument& file, const char* key, const char* expected) {
  Element list;
  if (file.object(file.root(), {}).at_key(key).get(list) != simdjson::SUCCESS)
    file.fail({}, fmt::format("expected {}, found no \"{}\"", expected, key));
  return file.array(list, {.key = key});
}

std::int32_t find_coco_id(const JsonDocument& file, const CocoIds& ids, std::int64_t id, const JsonPlace& place, FindingKind unknown) {
  const auto found = ids.find(id);
  if (found == ids.end())
    file.fail(place, fmt::format("there is no {} {}", unknown == FindingKind::unknown_image ? "image" : "category", id), unknown);
  return found->second;
}

std::vector<DetectionImage> read_coco_images(const JsonDocument& file, CocoIds& ids, const char* expected,
                                             std::vector<DataFinding>* findings) {
  std::vector<DetectionImage> images;
  read_coco_list(file, "images", expected, findings, [&](Element element, const JsonPlace& place) {
    DetectionImage image;
    std::optional<std::int64_t> id;
    for (const auto& [key, value] : file.object(element, place)) {
      if (key == "id") id = file.integer(value, place.at(key));
      if (key == "file_name") image.file_name = file.text(value, place.at(key));
      if (key == "width") image.width = side_of(file, value, place.at(key));
      if (key == "height") image.height = side_of(file, value, place.at(key));
    }
    image.id = required(file, id, place, "id");
    add_id(file, ids, image.id, place);
    images.push_back(std::move(image));
  });
  return images;
}

std::vector<DetectionCategory> read_coco_categories(const JsonDocument& file, CocoIds& ids, const char* expected,
                                                    std::vector<DataFinding>* findings) {
  std::vector<DetectionCategory> categories;
  read_coco_list(file, "categories", expected, findings, [&](Element element, const JsonPlace& place) {
    DetectionCategory category;
    std::optional<std::int64_t> id;
    for (const auto& [key, value] : file.object(element, place)) {
      if (key == "id") id = file.integer(value, place.at(key));
      if (key == "name") category.name = file.text(value, place.at(key));
      if (key == "supercategory") category.supercategory = file.text(value, place.at(key));
    }
    category.id = required(file, id, place, "id");
    if (category.name.empty()) category.name = std::to_string(category.id);
    add_id(file, ids, category.id, place);
    categories.push_back(std::move(category));
  });
  return categories;
}

XywhBox coco_box(const JsonDocument& file, Element element, const JsonPlace& place) {
  double numbers[4];
  std::size_t count = 0;
  for (const Element number : file.array(element, place)) {
    if (count < 4) numbers[count] = file.number(number, place);
    ++count;
  }
  if (count != 4) file.fail(place, fmt::format("expected 4 numbers x, y, width, height, found {}", count));
  return {numbers[0], numbers[1], numbers[2], numbers[3]};
}

Segmentation coco_segmentation(const JsonDocument& file, Element element, const JsonPlace& place, const DetectionImage& image) {
  if (element.is_object()) return mask_of_object(file, element, place, image);
  Polygons polygons = polygons_of(file, element, place);
  if (polygons.empty()) return {};
  return polygons;
}

}  // namespace fovea
