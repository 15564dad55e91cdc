// Overlaps of all boxes of one list with all of another.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "fovea/kernels/box_overlap.hpp"
#include "fovea/vision/box.hpp"

namespace fovea {

using kernels::BoxOverlap;

struct OverlapMatrix {
  std::int64_t rows = 0, columns = 0;
  std::vector<float> values;  ///< [rows, columns]

  float at(std::int64_t row, std::int64_t column) const { return values[static_cast<std::size_t>(row * columns + column)]; }
};

/// overlap(a[i], b[j]) in single precision, on the current context's threads.
OverlapMatrix overlaps(std::span<const Box> a, std::span<const Box> b, BoxOverlap overlap = BoxOverlap::iou);

}  // namespace fovea
