// One function per idea: each looks at the whole data set and adds what it finds.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "fovea/data/doctor.hpp"

namespace fovea::doctor {

using Findings = std::vector<DataFinding>;

// Missing and unreadable files, images listed twice, sizes unlike the annotations'.
void check_image_files(const Inspection& data, const DoctorOptions& options, Findings& findings);
// Boxes that are inverted, empty, or leave their image.
void check_boxes(const Inspection& data, const DoctorOptions& options, Findings& findings);
// Objects of a few pixels.
void check_tiny_objects(const Inspection& data, const DoctorOptions& options, Findings& findings);
// Objects that are marked twice, or as two things.
void check_duplicate_annotations(const Inspection& data, const DoctorOptions& options, Findings& findings);
// Images that are nearly the same, within a split and across splits.
void check_near_duplicates(const Inspection& data, const DoctorOptions& options, Findings& findings);
// Classes: how many objects of each there are, and where.
void check_class_balance(const Inspection& data, const DoctorOptions& options, Findings& findings);

/// Faults of a box, shared by the checks and the repair, so that what is repaired passes.
enum class BoxFault { none, inverted, empty, outside };
/// `width`, `height`: of the image; 0 when it is not known, and then no box is outside.
BoxFault fault_of(const XywhBox& box, PixelConvention convention, std::int64_t width, std::int64_t height);
/// The same object: equal class, and no side more than half a pixel apart.
bool is_duplicate(const DetectionAnnotation& a, const DetectionAnnotation& b);
bool is_same_box(const XywhBox& a, const XywhBox& b);

/// What two entries of one image have in common: its file, or its name where the file is not known.
std::string identity_of(const InspectedImage& image);
/// The size that boxes of the image are held to: that of its file, else what the data set says.
cv::Size true_size(const InspectedSplit& split, std::size_t image);
/// "object 12 (RBC)".
std::string shown_object(const DetectionDataset& boxes, std::size_t annotation);
/// As the format writes it: "xmin 3, ymin 4, xmax 3, ymax 9", or "x 2, y 3, width 1, height 6".
std::string shown_box(const XywhBox& box, PixelConvention convention);

/// Calls visit(split index, split) in order.
template <class Visit>
void for_each_split(const Inspection& data, Visit&& visit) {
  for (std::size_t s = 0; s < data.splits.size(); ++s) visit(static_cast<std::int32_t>(s), data.splits[s]);
}

/// Calls visit(finding with file and places filled in, annotation index) for every annotation.
template <class Visit>
void for_each_annotation(const Inspection& data, Visit&& visit) {
  for_each_split(data, [&](std::int32_t s, const InspectedSplit& split) {
    for (std::size_t a = 0; a < split.boxes.annotations.size(); ++a) {
      const DetectionAnnotation& annotation = split.boxes.annotations[a];
      visit(DataFinding{.file = split.boxes.images[static_cast<std::size_t>(annotation.image)].file_name,
                        .place = {s, annotation.image},
                        .annotation = static_cast<std::int32_t>(a)},
            split, annotation);
    }
  });
}

}  // namespace fovea::doctor
