// The overlap of one pair of boxes, written once: the reference kernels, the functions on boxes and the losses compute it here. Sources
// that are compiled per instruction set have their own, since they share no inline code.
#pragma once

#include <algorithm>
#include <cmath>
#include <numbers>

#include "fovea/kernels/box_overlap.hpp"

namespace fovea::kernels {

/// A box without area where it is inverted.
template <class T>
struct BoxCorners {
  T x1, y1, x2, y2;

  T width() const { return std::max(T{0}, x2 - x1); }
  T height() const { return std::max(T{0}, y2 - y1); }
  T area() const { return width() * height(); }
  /// The angle of its diagonal: what ciou compares.
  T aspect() const { return std::atan2(width(), height()); }
};

template <class T>
T over_or_zero(T numerator, T denominator) {
  return denominator > 0 ? numerator / denominator : T{0};
}

/// 4 / pi^2: the scale of ciou's difference of aspects, in [0, 1].
template <class T>
inline constexpr T kAspectScale = static_cast<T>(4 / (std::numbers::pi * std::numbers::pi));

/// With I and U the areas of intersection and union, C that of the smallest box around both, c its diagonal, d the distance of the centres
/// and v = 4 / pi^2 (aspect a - aspect b)^2:
///   iou  = I / U                              Jaccard
///   giou = iou - (C - U) / C                  Rezatofighi et al., "Generalized intersection over union", CVPR 2019, algorithm 1
///   diou = iou - d^2 / c^2                    Zheng et al., "Distance-IoU loss", AAAI 2020, eq. 5 and 7
///   ciou = diou - v^2 / (1 - iou + v)         eq. 8 to 11 there
/// Quotients whose denominator is 0 are 0.
template <class T>
T box_overlap(BoxOverlap kind, const BoxCorners<T>& a, T a_aspect, const BoxCorners<T>& b, T b_aspect) {
  const T common =
      std::max(T{0}, std::min(a.x2, b.x2) - std::max(a.x1, b.x1)) * std::max(T{0}, std::min(a.y2, b.y2) - std::max(a.y1, b.y1));
  const T all = a.area() + b.area() - common;
  const T iou = over_or_zero(common, all);
  if (kind == BoxOverlap::iou) return iou;
  const T hull_width = std::max(T{0}, std::max(a.x2, b.x2) - std::min(a.x1, b.x1));
  const T hull_height = std::max(T{0}, std::max(a.y2, b.y2) - std::min(a.y1, b.y1));
  if (kind == BoxOverlap::giou) {
    const T hull = hull_width * hull_height;
    return iou - over_or_zero(hull - all, hull);
  }
  const T dx = (a.x1 + a.x2 - b.x1 - b.x2) / 2, dy = (a.y1 + a.y2 - b.y1 - b.y2) / 2;
  const T diou = iou - over_or_zero(dx * dx + dy * dy, hull_width * hull_width + hull_height * hull_height);
  if (kind == BoxOverlap::diou) return diou;
  const T difference = a_aspect - b_aspect;
  const T v = kAspectScale<T> * (difference * difference);
  return diou - over_or_zero(v * v, 1 - iou + v);
}

/// The same for boxes whose aspects nobody has computed yet.
template <class T>
T box_overlap(BoxOverlap kind, const BoxCorners<T>& a, const BoxCorners<T>& b) {
  const bool is_ciou = kind == BoxOverlap::ciou;
  return box_overlap(kind, a, is_ciou ? a.aspect() : T{0}, b, is_ciou ? b.aspect() : T{0});
}

}  // namespace fovea::kernels
