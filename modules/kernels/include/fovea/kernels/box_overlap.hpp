// How much axis-parallel boxes overlap: what matching, suppressing and clustering boxes spend their time on.
#pragma once

#include <cstdint>

namespace fovea::kernels {

class Context;

/// Intersection over union, and what was made of it so that boxes apart from each other are told apart too; box_overlap_formula.hpp has the
/// formulas. All but iou may be negative, down to -1 (giou, diou) and -2 (ciou); a box and itself have 1.
enum class BoxOverlap : std::uint8_t { iou, giou, diou, ciou };

/// Boxes as planes: box i covers [x1[i], x2[i]] x [y1[i], y2[i]]. aspect[i] = atan2(width, height) is read by ciou only.
template <class T>
struct BoxPlanes {
  const T *x1, *y1, *x2, *y2, *aspect;
};

/// Boxes begin, begin + 1, ..., end - 1.
struct BoxRun {
  std::int64_t begin, end;
};

template <class T>
struct BoxOverlapKernels {
  /// y[i, j] = overlap(a[i], b[j]), dense. Every set computes the formula in its order: the f32 results have the same bits everywhere.
  void (*pairs)(Context&, BoxOverlap, std::int64_t a_count, const BoxPlanes<T>& a, std::int64_t b_count, const BoxPlanes<T>& b, T* y);
  /// Whether any box of the runs overlaps the one at `box` (x1 y1 x2 y2 aspect) by more than `threshold`, which is at least 0.
  bool (*any_above)(BoxOverlap, const BoxPlanes<T>& boxes, const BoxRun* runs, std::int64_t run_count, const T* box, T threshold);
};

}  // namespace fovea::kernels
