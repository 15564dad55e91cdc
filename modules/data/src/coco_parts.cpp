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

}  // namespace

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
