#include "fovea/vision/annotated_image.hpp"

#include <algorithm>
#include <limits>

namespace fovea {

namespace {

using Polygon = std::vector<cv::Point2d>;

/// What becomes of the outline, with `steps` points for each of its sides, as transforms may bend them.
Polygon transformed_outline(const Transform& transform, const Polygon& outline, int steps) {
  Polygon result;
  for (std::size_t i = 0; i < outline.size(); ++i)
    for (int step = 0; step < steps; ++step)
      result.push_back(
          transform.apply(outline[i] + (outline[(i + 1) % outline.size()] - outline[i]) * (static_cast<double>(step) / steps)));
  return result;
}

Polygon transformed_outline(const Transform& transform, const Box& box) {
  constexpr int kSteps = 8;
  return transformed_outline(transform, {{box.x1, box.y1}, {box.x2, box.y1}, {box.x2, box.y2}, {box.x1, box.y2}}, kSteps);
}

/// The part of the polygon where `inside` is not negative, a linear function of the point (Sutherland and Hodgman, 1974).
template <class Function>
Polygon cut(const Polygon& polygon, Function inside) {
  Polygon result;
  for (std::size_t i = 0; i < polygon.size(); ++i) {
    const cv::Point2d a = polygon[i], b = polygon[(i + 1) % polygon.size()];
    const double at_a = inside(a), at_b = inside(b);
    if (at_a >= 0) result.push_back(a);
    if ((at_a >= 0) != (at_b >= 0)) result.push_back(a + (b - a) * (at_a / (at_a - at_b)));
  }
  return result;
}

Polygon clipped(Polygon polygon, cv::Size size) {
  polygon = cut(polygon, [](cv::Point2d p) { return p.x; });
  polygon = cut(polygon, [](cv::Point2d p) { return p.y; });
  polygon = cut(polygon, [&](cv::Point2d p) { return size.width - p.x; });
  return cut(polygon, [&](cv::Point2d p) { return size.height - p.y; });
}

Box box_around(const std::vector<Polygon>& polygons) {
  constexpr double kFar = std::numeric_limits<double>::infinity();
  double x1 = kFar, y1 = kFar, x2 = -kFar, y2 = -kFar;
  for (const Polygon& polygon : polygons)
    for (const cv::Point2d& point : polygon) {
      x1 = std::min(x1, point.x), y1 = std::min(y1, point.y);
      x2 = std::max(x2, point.x), y2 = std::max(y2, point.y);
    }
  if (x1 > x2) return {};
  return {static_cast<float>(x1), static_cast<float>(y1), static_cast<float>(x2), static_cast<float>(y2)};
}

bool is_left(const Box& clipped, const Box& whole, const AnnotationOptions& options) {
  return clipped.width() >= options.shortest_side && clipped.height() >= options.shortest_side &&
         clipped.area() >= options.smallest_visible * whole.area();
}

}  // namespace

Box box_around(const RleMask& mask) {
  const cv::Rect2f pixels = mask_box(mask);
  return {pixels.x, pixels.y, pixels.x + pixels.width, pixels.y + pixels.height};
}

Box transformed(const Transform& transform, const Box& box) { return box_around({transformed_outline(transform, box)}); }

std::optional<AnnotatedObject> transformed(const Transform& transform, const AnnotatedObject& object, const AnnotationOptions& options) {
  constexpr int kSteps = 4;
  const cv::Size size = transform.output_size();
  AnnotatedObject result{.label = object.label};
  for (const Polygon& polygon : object.polygons) result.polygons.push_back(transformed_outline(transform, polygon, kSteps));
  std::vector<Polygon> whole = result.polygons, seen;
  if (whole.empty() || object.mask) whole = {transformed_outline(transform, object.box)};
  for (const Polygon& polygon : whole) seen.push_back(clipped(polygon, size));
  if (object.mask) result.mask = encode_mask(transform.apply_labels(decode_mask(*object.mask), 0));
  result.box = result.mask ? box_around(*result.mask) : box_around(seen);
  if (!is_left(result.box, box_around(whole), options)) return std::nullopt;
  for (const KeyPoint& key_point : object.key_points) {
    const cv::Point2d place = transform.apply(key_point.place);
    const bool inside = place.x >= 0 && place.y >= 0 && place.x <= size.width && place.y <= size.height;
    result.key_points.push_back({place, key_point.is_visible && inside});
  }
  return result;
}

std::vector<AnnotatedObject> transformed_objects(const Transform& transform, const std::vector<AnnotatedObject>& objects,
                                                 const AnnotationOptions& options) {
  std::vector<AnnotatedObject> result;
  for (const AnnotatedObject& object : objects)
    if (std::optional<AnnotatedObject> changed = transformed(transform, object, options)) result.push_back(std::move(*changed));
  return result;
}

AnnotatedImage transformed(const Transform& transform, const AnnotatedImage& sample, const AnnotationOptions& options) {
  AnnotatedImage result{.image = transform.apply(sample.image), .objects = transformed_objects(transform, sample.objects, options)};
  if (!sample.labels.empty()) result.labels = transform.apply_labels(sample.labels, options.label_fill);
  return result;
}

}  // namespace fovea
