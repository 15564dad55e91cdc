// Reading COCO results.
#include <fmt/format.h>

#include <optional>
#include <unordered_map>
#include <utility>

#include "coco_parts.hpp"
#include "fovea/data/coco.hpp"

namespace fovea {

namespace {

using Element = JsonDocument::Element;

XywhBox box_around(const RleMask& mask) {
  const cv::Rect box = mask_box(mask);
  return {static_cast<double>(box.x), static_cast<double>(box.y), static_cast<double>(box.width), static_cast<double>(box.height)};
}

/// One result as the file has it.
struct RawResult {
  std::optional<std::int64_t> image, category;
  std::optional<double> score;
  std::optional<Element> box, segmentation;
};

RawResult read_raw_result(const JsonDocument& file, Element element, const JsonPlace& place) {
  RawResult raw;
  for (const auto& [key, value] : file.object(element, place)) {
    if (key == "image_id") raw.image = file.integer(value, place.at(key));
    if (key == "category_id") raw.category = file.integer(value, place.at(key));
    if (key == "score") raw.score = file.number(value, place.at(key));
    if (key == "bbox" && !(value.is_array() && value.get_array().value_unsafe().size() == 0)) raw.box = value;
    if (key == "segmentation" && !value.is_null()) raw.segmentation = value;
  }
  return raw;
}

}  // namespace

DetectionResults read_coco_results(const std::filesystem::path& path, const DetectionDataset& truth) {
  const JsonDocument file(path);
  const auto images = index_by(truth.images, &DetectionImage::id), categories = index_by(truth.categories, &DetectionCategory::id);
  const JsonDocument::Array list = file.array(file.root(), {});
  DetectionResults results;
  results.results.reserve(list.size());
  std::size_t unknown = 0;
  JsonPlace place{"results"};
  for (const Element element : list) {
    const RawResult raw = read_raw_result(file, element, place);
    DetectionResult result;
    const std::int64_t id = required(file, raw.image, place, "image_id");
    const auto image = images.find(id);
    if (image == images.end()) file.fail(place.at("image_id"), fmt::format("the ground truth has no image {}", id));
    const auto category = categories.find(required(file, raw.category, place, "category_id"));
    result.image = image->second;
    result.score = required(file, raw.score, place, "score");
    if (!raw.box && !raw.segmentation) file.fail(place, "expected \"bbox\" or \"segmentation\"");
    if (raw.segmentation)
      result.mask =
          coco_segmentation(file, *raw.segmentation, place.at("segmentation"), truth.images[static_cast<std::size_t>(result.image)]);
    if (place.index == 0) results.has_boxes = raw.box.has_value();  // the first decides for all, as in the reference
    if (raw.box)
      result.box = coco_box(file, *raw.box, place.at("bbox"));
    else if (results.has_boxes)
      file.fail(place, "\"bbox\" is missing; the first result has one");
    else if (const auto* mask = std::get_if<RleMask>(&result.mask))
      result.box = box_around(*mask);
    else
      file.fail(place.at("segmentation"), "a result without \"bbox\" needs run lengths");
    ++place.index;
    if (category == categories.end()) {
      ++unknown;
      continue;
    }
    result.category = category->second;
    results.results.push_back(std::move(result));
  }
  if (unknown > 0)
    results.notes.push_back(fmt::format("{} results of categories that the ground truth does not have are left out", unknown));
  return results;
}

}  // namespace fovea
