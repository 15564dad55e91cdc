// Axis-parallel boxes in pictures, and how much two of them overlap.
#pragma once

#include <algorithm>
#include <ostream>

#include "fovea/kernels/box_overlap_formula.hpp"

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

/// The overlap of two boxes, in double precision; its kinds and formulas are in kernels/box_overlap_formula.hpp. A box that is inverted on
/// either axis has no area.
inline double overlap(kernels::BoxOverlap kind, const Box& a, const Box& b) {
  return kernels::box_overlap<double>(kind, {a.x1, a.y1, a.x2, a.y2}, {b.x1, b.y1, b.x2, b.y2});
}

/// Intersection over union, in [0, 1]: |a ∩ b| / |a ∪ b| (Jaccard index). 0 when both boxes have no area.
inline double iou(const Box& a, const Box& b) { return overlap(kernels::BoxOverlap::iou, a, b); }
/// Generalised: also in [-1, 0), the less of the hull of both is covered.
inline double giou(const Box& a, const Box& b) { return overlap(kernels::BoxOverlap::giou, a, b); }
/// Less the squared distance of the centres, relative to the squared diagonal of the hull.
inline double diou(const Box& a, const Box& b) { return overlap(kernels::BoxOverlap::diou, a, b); }
/// Less a term for different proportions too.
inline double ciou(const Box& a, const Box& b) { return overlap(kernels::BoxOverlap::ciou, a, b); }

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
