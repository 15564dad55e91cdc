#include "fovea/data/detection_dataset.hpp"

#include "fovea/base/error.hpp"
#include "fovea/vision/polygon_mask.hpp"

namespace fovea {

namespace {

RleMask union_of(const Polygons& polygons, std::int64_t height, std::int64_t width) {
  constexpr std::size_t kBoxNumbers = 4;
  std::vector<RleMask> parts;
  for (const std::vector<double>& xy : polygons)
    parts.push_back(xy.size() == kBoxNumbers ? mask_from_box(xy[0], xy[1], xy[2], xy[3], height, width)
                                             : mask_from_polygon(xy, height, width));
  return parts.empty() ? make_mask({}, height, width) : merge_masks(parts);
}

}  // namespace

RleMask mask_of(const Segmentation& segmentation, std::int64_t height, std::int64_t width) {
  if (const auto* mask = std::get_if<RleMask>(&segmentation)) return *mask;
  if (const auto* polygons = std::get_if<Polygons>(&segmentation)) return union_of(*polygons, height, width);
  throw OptionError("expected a segmentation, found a box only");
}

std::vector<std::vector<std::int32_t>> annotations_by_image(const DetectionDataset& dataset) {
  std::vector<std::vector<std::int32_t>> indices(dataset.images.size());
  for (std::size_t i = 0; i < dataset.annotations.size(); ++i)
    indices[static_cast<std::size_t>(dataset.annotations[i].image)].push_back(static_cast<std::int32_t>(i));
  return indices;
}

}  // namespace fovea
