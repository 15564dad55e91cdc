// Overlaps of boxes, pair by pair.
#pragma once

#include <cstdint>

#include "fovea/kernels/box_overlap_formula.hpp"

namespace fovea::kernels::reference {

template <class T>
BoxCorners<T> corners_of(const BoxPlanes<T>& boxes, std::int64_t i) {
  return {boxes.x1[i], boxes.y1[i], boxes.x2[i], boxes.y2[i]};
}
template <class T>
T aspect_of(BoxOverlap kind, const BoxPlanes<T>& boxes, std::int64_t i) {
  return kind == BoxOverlap::ciou ? boxes.aspect[i] : T{0};
}

template <class T>
void box_overlap_pairs(Context&, BoxOverlap kind, std::int64_t a_count, const BoxPlanes<T>& a, std::int64_t b_count, const BoxPlanes<T>& b,
                       T* y) {
  for (std::int64_t i = 0; i < a_count; ++i)
    for (std::int64_t j = 0; j < b_count; ++j)
      y[i * b_count + j] = box_overlap(kind, corners_of(a, i), aspect_of(kind, a, i), corners_of(b, j), aspect_of(kind, b, j));
}

template <class T>
bool any_box_above(BoxOverlap kind, const BoxPlanes<T>& boxes, const BoxRun* runs, std::int64_t run_count, const T* box, T threshold) {
  for (std::int64_t run = 0; run < run_count; ++run)
    for (std::int64_t i = runs[run].begin; i < runs[run].end; ++i)
      if (box_overlap(kind, corners_of(boxes, i), aspect_of(kind, boxes, i), {box[0], box[1], box[2], box[3]}, box[4]) > threshold)
        return true;
  return false;
}

}  // namespace fovea::kernels::reference
