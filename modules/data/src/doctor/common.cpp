// What checks and repair agree on.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "doctor/checks.hpp"

namespace fovea::doctor {

namespace {

constexpr double kSlack = 0.5;  // pixels: rounding of relative coordinates stays below it, an off-by-one does not

bool is_near(double a, double b) { return std::abs(a - b) <= kSlack; }

}  // namespace

BoxFault fault_of(const XywhBox& box, PixelConvention convention, std::int64_t width, std::int64_t height) {
  // Where first and last pixel are named, one that is first and last is 1 wide here; such a box marks nothing all the same.
  const double least = convention == PixelConvention::inclusive ? 1 : 0;
  if (box.width < least || box.height < least) return BoxFault::inverted;
  if (box.width == least || box.height == least) return BoxFault::empty;
  if (width <= 0 || height <= 0) return BoxFault::none;
  const bool inside = box.x >= -kSlack && box.y >= -kSlack && box.x + box.width <= static_cast<double>(width) + kSlack &&
                      box.y + box.height <= static_cast<double>(height) + kSlack;
  return inside ? BoxFault::none : BoxFault::outside;
}

bool is_same_box(const XywhBox& a, const XywhBox& b) {
  return is_near(a.x, b.x) && is_near(a.y, b.y) && is_near(a.x + a.width, b.x + b.width) && is_near(a.y + a.height, b.y + b.height);
}

bool is_duplicate(const DetectionAnnotation& a, const DetectionAnnotation& b) {
  return a.category == b.category && a.is_crowd == b.is_crowd && is_same_box(a.box, b.box);
}

std::string identity_of(const InspectedImage& image) { return image.file.empty() ? image.name : image.file.string(); }

cv::Size true_size(const InspectedSplit& split, std::size_t image) {
  const cv::Size size = image < split.images.size() ? split.images[image].size : cv::Size();
  if (!size.empty()) return size;
  const DetectionImage& said = split.boxes.images[image];
  return {static_cast<int>(said.width), static_cast<int>(said.height)};
}

std::string shown_object(const DetectionDataset& boxes, std::size_t annotation) {
  const DetectionAnnotation& object = boxes.annotations[annotation];
  return fmt::format("object {} ({})", object.id, boxes.categories[static_cast<std::size_t>(object.category)].name);
}

std::string shown_box(const XywhBox& box, PixelConvention convention) {
  if (convention == PixelConvention::inclusive)
    return fmt::format("xmin {:.6g}, ymin {:.6g}, xmax {:.6g}, ymax {:.6g}", box.x + 1, box.y + 1, box.x + box.width, box.y + box.height);
  return fmt::format("x {:.6g}, y {:.6g}, width {:.6g}, height {:.6g}", box.x, box.y, box.width, box.height);
}

}  // namespace fovea::doctor
