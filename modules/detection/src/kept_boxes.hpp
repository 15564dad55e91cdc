// The boxes that were kept so far, found again by where they are.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "fovea/kernels/box_overlap.hpp"
#include "fovea/vision/box.hpp"

namespace fovea {

/// Answers whether a box overlaps one that was kept by more than a threshold, looking at few of them. With IoU > t the longer sides of two
/// boxes differ by less than a factor of t, and the distance of their centres on each axis is less than half the sum of their widths
/// minus t times the wider one. So boxes are sorted into levels by their longer side and, on each level, into the cells of a grid by their
/// centre; a question reads the cells around it on the levels of about its size. All boxes are known beforehand: a cell has its place in
/// the planes from the start, and is filled as boxes are kept.
class KeptBoxes {
 public:
  /// DIoU is never more than IoU, so the same cells hold what it can find. 0 <= threshold <= 1.
  KeptBoxes(std::span<const Box> boxes, kernels::BoxOverlap overlap, double threshold);

  /// Whether box `i` of the list overlaps a kept one by more than the threshold, in single precision.
  bool overlaps_any(std::size_t i);
  void keep(std::size_t i);

 private:
  struct Level {
    double shortest = 0, longest = 0;  // of the longer sides that belong here
    double x = 0, y = 0;               // where the grid begins
    double cell = 1;                   // side
    std::int64_t columns = 1, rows = 1;
    std::int64_t first_cell = 0;  // of all levels' cells
  };
  struct Cells {
    std::int64_t begin, end;
  };

  void make_levels(std::span<const std::size_t> by_size);
  Level level_of(std::span<const std::size_t> boxes) const;
  std::int64_t cell_of(const Level& level, const Box& box) const;
  void collect_runs(const Level& level, const Box& box);

  std::span<const Box> boxes_;
  kernels::BoxOverlap overlap_;
  double threshold_;
  float single_threshold_;
  std::vector<Level> levels_;
  std::vector<std::int64_t> cells_;    // of each box
  std::vector<kernels::BoxRun> kept_;  // of each cell, in the planes
  std::vector<float> planes_;          // x1, y1, x2, y2 behind each other
  std::vector<kernels::BoxRun> runs_;  // to look at
};

}  // namespace fovea
