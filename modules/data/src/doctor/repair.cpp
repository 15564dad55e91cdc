// What write_repaired makes of one split.
#include "doctor/repair.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>

#include "doctor/checks.hpp"

namespace fovea::doctor {

namespace {

using Point = cv::Point2d;

/// Sutherland and Hodgman, "Reentrant polygon clipping", 1974: what of the outline lies where inside(p) >= 0, a linear function.
template <class Inside>
std::vector<Point> clipped_at(const std::vector<Point>& outline, Inside&& inside) {
  std::vector<Point> kept;
  for (std::size_t i = 0; i < outline.size(); ++i) {
    const Point from = outline[i], to = outline[(i + 1) % outline.size()];
    const double a = inside(from), b = inside(to);
    if (a >= 0) kept.push_back(from);
    if ((a < 0) != (b < 0)) kept.push_back(from + (to - from) * (a / (a - b)));
  }
  return kept;
}

Polygons clipped(const Polygons& polygons, cv::Size size) {
  constexpr std::size_t kLeastPoints = 3;
  Polygons result;
  for (const std::vector<double>& xy : polygons) {
    std::vector<Point> outline;
    for (std::size_t i = 0; i + 1 < xy.size(); i += 2) outline.emplace_back(xy[i], xy[i + 1]);
    outline = clipped_at(outline, [](Point p) { return p.x; });
    outline = clipped_at(outline, [](Point p) { return p.y; });
    outline = clipped_at(outline, [&](Point p) { return size.width - p.x; });
    outline = clipped_at(outline, [&](Point p) { return size.height - p.y; });
    if (outline.size() < kLeastPoints) continue;
    std::vector<double>& part = result.emplace_back();
    for (const Point& point : outline) part.insert(part.end(), {point.x, point.y});
  }
  return result;
}

XywhBox clipped(const XywhBox& box, cv::Size size) {
  const double x1 = std::clamp<double>(box.x, 0, size.width), x2 = std::clamp<double>(box.x + box.width, 0, size.width);
  const double y1 = std::clamp<double>(box.y, 0, size.height), y2 = std::clamp<double>(box.y + box.height, 0, size.height);
  return {x1, y1, x2 - x1, y2 - y1};
}

class Repair {
 public:
  explicit Repair(const InspectedSplit& split) : split_(split), new_place_(split.boxes.images.size(), -1) {
    repaired_.boxes = split.boxes;
    repaired_.boxes.images.clear();
    repaired_.boxes.annotations.clear();
    repaired_.boxes.image_files.clear();
  }

  RepairedSplit run() {
    for (std::size_t i = 0; i < split_.images.size(); ++i) take_image(i);
    taken_.resize(repaired_.boxes.images.size());
    for (std::size_t a = 0; a < split_.boxes.annotations.size(); ++a) take_annotation(a);
    return std::move(repaired_);
  }

 private:
  template <class... Arguments>
  void note(const std::string& file, fmt::format_string<Arguments...> format, Arguments&&... arguments) {
    repaired_.changes.push_back(fmt::format("{}: {}: {}", split_.name, file, fmt::format(format, std::forward<Arguments>(arguments)...)));
  }

  void take_image(std::size_t index) {
    const InspectedImage& file = split_.images[index];
    DetectionImage image = split_.boxes.images[index];
    if (!file.problem.empty()) return note(file.name, "left out: {}", file.problem);
    const auto [first, is_new] = places_.emplace(identity_of(file), static_cast<std::int32_t>(repaired_.boxes.images.size()));
    new_place_[index] = first->second;
    if (!is_new) return note(file.name, "entry {} joined with the first", index + 1);
    const cv::Size size = true_size(split_, index);
    const cv::Size said(static_cast<int>(image.width), static_cast<int>(image.height));
    if (size != said) {
      if (!said.empty()) note(file.name, "size {}x{} corrected to {}x{}", said.width, said.height, size.width, size.height);
      image.width = size.width;
      image.height = size.height;
    }
    repaired_.boxes.images.push_back(std::move(image));
    repaired_.files.push_back(file.file);
  }

  void take_annotation(std::size_t index) {
    DetectionAnnotation object = split_.boxes.annotations[index];
    const auto old_place = static_cast<std::size_t>(object.image);
    const std::string &file = split_.boxes.images[old_place].file_name, name = shown_object(split_.boxes, index);
    object.image = new_place_[old_place];
    if (object.image < 0) return;  // said of the image
    const cv::Size size = true_size(split_, old_place);
    const PixelConvention convention = split_.boxes.convention;
    BoxFault fault = fault_of(object.box, convention, size.width, size.height);
    if (fault == BoxFault::outside) {
      clip(object, size);
      fault = fault_of(object.box, convention, size.width, size.height);
      if (fault == BoxFault::none)
        note(file, "{} clipped to {}", name, shown_box(object.box, convention));
      else
        return note(file, "{} left out: it lies outside the image", name);
    }
    if (fault != BoxFault::none)
      return note(file, "{} left out: its box is {} ({})", name, fault == BoxFault::empty ? "empty" : "inverted",
                  shown_box(object.box, convention));
    if (is_taken(object)) return note(file, "{} left out: it is marked twice", name);
    drop_unfitting_mask(object, size, file, name);
    taken_[static_cast<std::size_t>(object.image)].push_back(repaired_.boxes.annotations.size());
    repaired_.boxes.annotations.push_back(std::move(object));
  }

  /// Where a size is corrected, masks of the old one fit no more.
  void drop_unfitting_mask(DetectionAnnotation& object, cv::Size size, const std::string& file, const std::string& name) {
    const auto* mask = std::get_if<RleMask>(&object.segmentation);
    if (mask == nullptr || size.empty()) return;
    if (cv::Size(static_cast<int>(mask->width), static_cast<int>(mask->height)) == size) return;
    note(file, "the mask of {} left out: it is of {}x{} pixels", name, mask->width, mask->height);
    object.segmentation = {};
  }

  static void clip(DetectionAnnotation& object, cv::Size size) {
    const bool area_of_box = object.area == object.box.area();
    object.box = clipped(object.box, size);
    object.area = area_of_box ? object.box.area() : std::min(object.area, object.box.area());
    if (const auto* polygons = std::get_if<Polygons>(&object.segmentation)) {
      Polygons inside = clipped(*polygons, size);
      object.segmentation = inside.empty() ? Segmentation() : Segmentation(std::move(inside));
    }
  }

  bool is_taken(const DetectionAnnotation& object) const {
    const std::vector<std::size_t>& others = taken_[static_cast<std::size_t>(object.image)];
    return std::any_of(others.begin(), others.end(),
                       [&](std::size_t other) { return is_duplicate(repaired_.boxes.annotations[other], object); });
  }

  const InspectedSplit& split_;
  std::vector<std::int32_t> new_place_;                   // of each image; -1 when it is left out
  std::unordered_map<std::string, std::int32_t> places_;  // of names among the repaired images
  std::vector<std::vector<std::size_t>> taken_;           // annotations of each repaired image
  RepairedSplit repaired_;
};

}  // namespace

RepairedSplit repaired(const InspectedSplit& split) { return Repair(split).run(); }

}  // namespace fovea::doctor
