// Objects and detections, brought together by class and image, in the order in which the protocols take them.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "fovea/data/detection_dataset.hpp"

namespace fovea {

/// What a detection comes to: against precision, for precision and recall, or nothing.
enum class Outcome : std::uint8_t { against, counts, ignored };

/// The objects and detections of one class in one image; neither both empty.
struct DetectionGroup {
  std::uint32_t category = 0;                      ///< rank of the class, by rising id; 0 without classes
  std::uint32_t truth_begin = 0, truth_end = 0;    ///< into DetectionGroups::truths
  std::uint32_t result_begin = 0, result_end = 0;  ///< into DetectionGroups::results

  std::uint32_t truth_count() const { return truth_end - truth_begin; }
  std::uint32_t result_count() const { return result_end - result_begin; }
};

/// Groups by class, within a class by image (rising id). A group's objects stand in the file's order (without classes: by class first), its
/// detections by falling score, equal scores in the file's order.
struct DetectionGroups {
  std::vector<DetectionCategory> categories;  ///< by rising id
  std::vector<DetectionGroup> groups;
  std::vector<std::uint32_t> first_group;  ///< of each class, and the end
  std::vector<std::uint32_t> truths;       ///< indices of annotations
  std::vector<std::uint32_t> results;      ///< indices of results
};

/// `limit`: how many detections a group keeps. Throws OptionError when an index of an image or class lies outside the data set, or a score
/// is NaN.
DetectionGroups group_detections(const DetectionDataset& truth, const DetectionResults& results, bool use_categories, std::int64_t limit);

}  // namespace fovea
