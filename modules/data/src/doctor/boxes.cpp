#include <fmt/format.h>

#include "doctor/checks.hpp"

namespace fovea::doctor {

void check_boxes(const Inspection& data, const DoctorOptions&, Findings& findings) {
  for_each_annotation(data, [&](DataFinding finding, const InspectedSplit& split, const DetectionAnnotation& object) {
    const cv::Size size = true_size(split, static_cast<std::size_t>(object.image));
    const std::string found = shown_box(object.box, split.boxes.convention);
    std::string expected;
    switch (fault_of(object.box, split.boxes.convention, size.width, size.height)) {
      case BoxFault::none:
        return;
      case BoxFault::inverted:
        finding.kind = FindingKind::inverted_box;
        expected = "the far corner behind the near one";
        break;
      case BoxFault::empty:
        finding.kind = FindingKind::empty_box;
        expected = "a width and a height";
        break;
      case BoxFault::outside:
        finding.kind = FindingKind::box_outside;
        expected = fmt::format("a box inside {}x{} pixels", size.width, size.height);
        break;
    }
    finding.message =
        fmt::format("{}: expected {}, found {}", shown_object(split.boxes, static_cast<std::size_t>(finding.annotation)), expected, found);
    findings.push_back(std::move(finding));
  });
}

void check_tiny_objects(const Inspection& data, const DoctorOptions& options, Findings& findings) {
  for_each_annotation(data, [&](DataFinding finding, const InspectedSplit& split, const DetectionAnnotation& object) {
    const XywhBox& box = object.box;
    const BoxFault fault = fault_of(box, split.boxes.convention, 0, 0);
    if (fault != BoxFault::none || std::min(box.width, box.height) >= options.tiny) return;
    finding.kind = FindingKind::tiny_object;
    finding.message =
        fmt::format("{}: expected sides of {:.6g} pixels or more, found {:.6g}x{:.6g}",
                    shown_object(split.boxes, static_cast<std::size_t>(finding.annotation)), options.tiny, box.width, box.height);
    findings.push_back(std::move(finding));
  });
}

}  // namespace fovea::doctor
