#include "fovea/detection/box_overlaps.hpp"

#include "fovea/kernels/box_overlap_formula.hpp"
#include "fovea/kernels/context.hpp"
#include "fovea/kernels/kernel_table.hpp"

namespace fovea {

namespace {

/// Boxes as the kernels want them.
class Planes {
 public:
  Planes(std::span<const Box> boxes, BoxOverlap overlap) : count_(boxes.size()), values_(5 * boxes.size()) {
    for (std::size_t i = 0; i < count_; ++i) {
      const Box& box = boxes[i];
      at(0, i) = box.x1;
      at(1, i) = box.y1;
      at(2, i) = box.x2;
      at(3, i) = box.y2;
      if (overlap == BoxOverlap::ciou) at(4, i) = kernels::BoxCorners<float>{box.x1, box.y1, box.x2, box.y2}.aspect();
    }
  }
  kernels::BoxPlanes<float> view() const {
    const float* const p = values_.data();
    return {p, p + count_, p + 2 * count_, p + 3 * count_, p + 4 * count_};
  }

 private:
  float& at(std::size_t plane, std::size_t i) { return values_[plane * count_ + i]; }

  std::size_t count_;
  std::vector<float> values_;
};

}  // namespace

OverlapMatrix overlaps(std::span<const Box> a, std::span<const Box> b, BoxOverlap overlap) {
  OverlapMatrix matrix{std::ssize(a), std::ssize(b), std::vector<float>(a.size() * b.size())};
  const Planes rows(a, overlap), columns(b, overlap);
  kernels::table().f32.box_overlap.pairs(kernels::Context::current(), overlap, matrix.rows, rows.view(), matrix.columns, columns.view(),
                                         matrix.values.data());
  return matrix;
}

}  // namespace fovea
