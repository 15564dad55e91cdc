#include <fmt/format.h>

#include "doctor/checks.hpp"

namespace fovea::doctor {

namespace {

/// The first annotation before `objects[index]` of this image that marks the same place; -1 for none.
std::int32_t earlier_twin(const DetectionDataset& boxes, const std::vector<std::int32_t>& objects, std::size_t index) {
  const DetectionAnnotation& object = boxes.annotations[static_cast<std::size_t>(objects[index])];
  for (std::size_t i = 0; i < index; ++i)
    if (is_same_box(boxes.annotations[static_cast<std::size_t>(objects[i])].box, object.box)) return objects[i];
  return -1;
}

}  // namespace

void check_duplicate_annotations(const Inspection& data, const DoctorOptions&, Findings& findings) {
  for_each_split(data, [&](std::int32_t s, const InspectedSplit& split) {
    const std::vector<std::vector<std::int32_t>> of_image = annotations_by_image(split.boxes);
    for (std::size_t image = 0; image < of_image.size(); ++image)
      for (std::size_t i = 0; i < of_image[image].size(); ++i) {
        const std::int32_t twin = earlier_twin(split.boxes, of_image[image], i);
        if (twin < 0) continue;
        const auto first = static_cast<std::size_t>(twin), second = static_cast<std::size_t>(of_image[image][i]);
        const bool same_class = split.boxes.annotations[first].category == split.boxes.annotations[second].category;
        const FindingKind kind = same_class ? FindingKind::duplicate_annotation : FindingKind::conflicting_classes;
        findings.push_back(
            {.kind = kind,
             .file = split.boxes.images[image].file_name,
             .message = fmt::format("expected {} for one box, found {} and {} at {}", same_class ? "one object" : "one class",
                                    shown_object(split.boxes, first), shown_object(split.boxes, second),
                                    shown_box(split.boxes.annotations[second].box, split.boxes.convention)),
             .place = {s, static_cast<std::int32_t>(image)},
             .annotation = of_image[image][i]});
      }
  });
}

}  // namespace fovea::doctor
