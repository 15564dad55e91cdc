// An object that is known by its mask alone.
#pragma once

#include <utility>

#include "fovea/data/detection_dataset.hpp"

namespace fovea {

/// Box and area are the mask's; ids, image and category are left to the caller.
inline DetectionAnnotation annotation_of(RleMask mask) {
  const cv::Rect box = mask_box(mask);
  DetectionAnnotation annotation;
  annotation.box = {static_cast<double>(box.x), static_cast<double>(box.y), static_cast<double>(box.width),
                    static_cast<double>(box.height)};
  annotation.area = static_cast<double>(mask_area(mask));
  annotation.segmentation = std::move(mask);
  return annotation;
}

}  // namespace fovea
