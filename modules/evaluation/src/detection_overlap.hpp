// How much objects and detections overlap, as COCO's tools compute it.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "fovea/base/parallel.hpp"
#include "fovea/data/detection_dataset.hpp"
#include "fovea/evaluation/coco_evaluation.hpp"

namespace fovea {

/// Intersection over union; over the detection's area alone when the object is a crowd.
double coco_iou(const XywhBox& found, const XywhBox& object, bool is_crowd);

/// Overlaps of boxes or masks. Masks are made from outlines once.
class DetectionOverlap {
 public:
  /// Keeps references to both. Throws OptionError for segm when an annotation has no segmentation, or an outline makes no mask.
  DetectionOverlap(const DetectionDataset& truth, const DetectionResults& results, IouType type, const Threads& threads);

  /// Indices of a result and an annotation.
  double iou(std::uint32_t result, std::uint32_t annotation) const;
  /// The area by which a detection is sorted into ranges: its box's, or its mask's when the file has no boxes.
  double result_area(std::uint32_t result) const;

 private:
  struct Masks {
    std::vector<RleMask> made;         // from outlines and boxes
    std::vector<const RleMask*> mask;  // made or the file's
    std::vector<XywhBox> box;          // around them
  };
  template <class Items, class Make>
  static Masks prepare(const Items& items, const Threads& threads, Make&& make);

  const DetectionDataset& truth_;
  const DetectionResults& results_;
  IouType type_;
  Masks truth_masks_, result_masks_;
};

}  // namespace fovea
