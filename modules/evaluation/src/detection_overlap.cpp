#include "detection_overlap.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "fovea/base/error.hpp"
#include "fovea/vision/polygon_mask.hpp"

namespace fovea {

double coco_iou(const XywhBox& found, const XywhBox& object, bool is_crowd) {
  const double width = std::fmin(found.width + found.x, object.width + object.x) - std::fmax(found.x, object.x);
  if (width <= 0) return 0;
  const double height = std::fmin(found.height + found.y, object.height + object.y) - std::fmax(found.y, object.y);
  if (height <= 0) return 0;
  const double common = width * height;
  return common / (is_crowd ? found.area() : found.area() + object.area() - common);
}

template <class Items, class Make>
DetectionOverlap::Masks DetectionOverlap::prepare(const Items& items, const Threads& threads, Make&& make) {
  constexpr std::int64_t kGrain = 64;
  Masks masks;
  masks.made.resize(items.size());
  masks.mask.resize(items.size());
  masks.box.resize(items.size());
  parallel_for(threads, static_cast<std::int64_t>(items.size()), kGrain, [&](std::int64_t begin, std::int64_t end) {
    for (auto i = static_cast<std::size_t>(begin); i < static_cast<std::size_t>(end); ++i) {
      masks.mask[i] = make(items[i], masks.made[i]);
      const cv::Rect box = mask_box(*masks.mask[i]);
      masks.box[i] = {static_cast<double>(box.x), static_cast<double>(box.y), static_cast<double>(box.width),
                      static_cast<double>(box.height)};
    }
  });
  return masks;
}

DetectionOverlap::DetectionOverlap(const DetectionDataset& truth, const DetectionResults& results, IouType type, const Threads& threads)
    : truth_(truth), results_(results), type_(type) {
  if (type_ == IouType::bbox) return;
  truth_masks_ = prepare(truth.annotations, threads, [&](const DetectionAnnotation& annotation, RleMask& made) {
    if (const auto* mask = std::get_if<RleMask>(&annotation.segmentation)) return mask;
    const DetectionImage& image = truth.images[static_cast<std::size_t>(annotation.image)];
    try {
      made = mask_of(annotation.segmentation, image.height, image.width);
    } catch (const OptionError& error) {
      throw OptionError(fmt::format("annotation {} of \"{}\": {}", annotation.id, image.file_name, error.what()));
    }
    return static_cast<const RleMask*>(&made);
  });
  result_masks_ = prepare(results.results, threads, [&](const DetectionResult& result, RleMask& made) {
    if (const auto* mask = std::get_if<RleMask>(&result.mask)) return mask;
    const DetectionImage& image = truth.images[static_cast<std::size_t>(result.image)];
    try {
      made = std::holds_alternative<std::monostate>(result.mask)
                 ? mask_from_box(result.box.x, result.box.y, result.box.width, result.box.height, image.height, image.width)
                 : mask_of(result.mask, image.height, image.width);
    } catch (const OptionError& error) {
      throw OptionError(fmt::format("a result in \"{}\": {}", image.file_name, error.what()));
    }
    return static_cast<const RleMask*>(&made);
  });
}

double DetectionOverlap::iou(std::uint32_t result, std::uint32_t annotation) const {
  const DetectionAnnotation& object = truth_.annotations[annotation];
  if (type_ == IouType::bbox) return coco_iou(results_.results[result].box, object.box, object.is_crowd);
  if (coco_iou(result_masks_.box[result], truth_masks_.box[annotation], false) == 0) return 0;  // the masks cannot meet
  return mask_iou(*result_masks_.mask[result], *truth_masks_.mask[annotation], object.is_crowd);
}

double DetectionOverlap::result_area(std::uint32_t result) const {
  const DetectionResult& found = results_.results[result];
  if (results_.has_boxes) return found.box.area();
  if (type_ == IouType::segm) return mask_area(*result_masks_.mask[result]);
  if (const auto* mask = std::get_if<RleMask>(&found.mask)) return mask_area(*mask);
  return found.box.area();
}

}  // namespace fovea
