// Axis-parallel boxes in pictures, and how much two of them overlap.
#pragma once

#include <algorithm>
#include <ostream>

namespace fovea {

/// A box in pixels of the original image. Coordinates are continuous, as in transform.hpp: the image covers [0, width] x [0, height] and
/// the box covers [x1, x2] x [y1, y2]. Other conventions (inclusive pixels, centre and size, relative) exist only at file formats.
struct Box {
  float x1 = 0, y1 = 0, x2 = 0, y2 = 0;

  float width() const { return x2 - x1; }
  float height() const { return y2 - y1; }
  /// 0 for a box that is inverted on either axis.
  float area() const { return std::max(0.0f, width()) * std::max(0.0f, height()); }
  bool operator==(const Box&) const = default;
};

/// What both boxes cover; empty (of no area, not inverted) when they do not meet.
inline Box intersection(const Box& a, const Box& b) {
  const float x1 = std::max(a.x1, b.x1), y1 = std::max(a.y1, b.y1);
  return {x1, y1, std::max(x1, std::min(a.x2, b.x2)), std::max(y1, std::min(a.y2, b.y2))};
}

/// Intersection over union, in [0, 1]: |a ∩ b| / |a ∪ b| (Jaccard index). 0 when both boxes have no area.
inline double iou(const Box& a, const Box& b) {
  const double common = intersection(a, b).area();
  const double all = static_cast<double>(a.area()) + b.area() - common;
  return all > 0 ? common / all : 0;
}

/// The part of the box inside an image of this size; of no area when the box lies outside.
inline Box clip(const Box& box, float width, float height) {
  return {std::clamp(box.x1, 0.0f, width), std::clamp(box.y1, 0.0f, height), std::clamp(box.x2, 0.0f, width),
          std::clamp(box.y2, 0.0f, height)};
}

/// "x1 y1 x2 y2".
inline std::ostream& operator<<(std::ostream& out, const Box& box) {
  return out << box.x1 << ' ' << box.y1 << ' ' << box.x2 << ' ' << box.y2;
}

}  // namespace fovea
