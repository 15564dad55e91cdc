// Overlaps of boxes, a vector of them at a time. Every operation is that of box_overlap_formula.hpp, in its order and without fused ones,
// so that every instruction set gives the same bits: which boxes are kept must not depend on the machine.
#include "fovea/kernels/box_overlap.hpp"

#include "cpu/isa_kernels.hpp"
#include "cpu/vector_loops.hpp"
#include "fovea/base/parallel.hpp"

namespace fovea::kernels::FOVEA_ISA_NAMESPACE {

namespace {

FOVEA_SIMD_INLINE Vec min(Vec a, Vec b) { return select_greater(b, a, a, b); }
FOVEA_SIMD_INLINE Vec length(Vec begin, Vec end) { return max(sub(end, begin), zero()); }
FOVEA_SIMD_INLINE Vec over_or_zero(Vec numerator, Vec denominator) {
  return select_greater(denominator, zero(), div(numerator, denominator), zero());
}

/// A box in every lane.
struct BoxLanes {
  Vec x1, y1, x2, y2, area, aspect;
};

/// The same in all lanes.
FOVEA_SIMD_INLINE BoxLanes spread(float x1, float y1, float x2, float y2, float aspect) {
  BoxLanes box{broadcast(x1), broadcast(y1), broadcast(x2), broadcast(y2), zero(), broadcast(aspect)};
  box.area = mul(length(box.x1, box.x2), length(box.y1, box.y2));
  return box;
}

template <BoxOverlap kind, class Lanes>
FOVEA_SIMD_INLINE BoxLanes load_boxes(const BoxPlanes<float>& boxes, std::int64_t i, Lanes lanes) {
  BoxLanes box{lanes.load(boxes.x1 + i), lanes.load(boxes.y1 + i), lanes.load(boxes.x2 + i), lanes.load(boxes.y2 + i), zero(), zero()};
  box.area = mul(length(box.x1, box.x2), length(box.y1, box.y2));
  if constexpr (kind == BoxOverlap::ciou) box.aspect = lanes.load(boxes.aspect + i);
  return box;
}

template <BoxOverlap kind>
FOVEA_SIMD_INLINE Vec overlap_of(const BoxLanes& a, const BoxLanes& b) {
  const Vec common = mul(length(max(a.x1, b.x1), min(a.x2, b.x2)), length(max(a.y1, b.y1), min(a.y2, b.y2)));
  const Vec all = sub(add(a.area, b.area), common);
  const Vec iou = over_or_zero(common, all);
  if constexpr (kind == BoxOverlap::iou) return iou;
  const Vec hull_width = length(min(a.x1, b.x1), max(a.x2, b.x2)), hull_height = length(min(a.y1, b.y1), max(a.y2, b.y2));
  if constexpr (kind == BoxOverlap::giou) {
    const Vec hull = mul(hull_width, hull_height);
    return sub(iou, over_or_zero(sub(hull, all), hull));
  }
  const Vec half = broadcast(0.5f);
  const Vec dx = mul(sub(sub(add(a.x1, a.x2), b.x1), b.x2), half), dy = mul(sub(sub(add(a.y1, a.y2), b.y1), b.y2), half);
  const Vec squared_diagonal = add(mul(hull_width, hull_width), mul(hull_height, hull_height));
  const Vec diou = sub(iou, over_or_zero(add(mul(dx, dx), mul(dy, dy)), squared_diagonal));
  if constexpr (kind != BoxOverlap::ciou) return diou;
  constexpr float kScale = 0.40528473456935109f;  // 4 / pi^2
  const Vec difference = sub(a.aspect, b.aspect);
  const Vec v = mul(broadcast(kScale), mul(difference, difference));
  return sub(diou, over_or_zero(mul(v, v), add(sub(broadcast(1), iou), v)));
}

template <BoxOverlap kind>
void compute_pairs(Context& context, std::int64_t a_count, const BoxPlanes<float>& a, std::int64_t b_count, const BoxPlanes<float>& b,
                   float* y) {
  const std::int64_t grain = rows_per_task(b_count);
  parallel_blocks(context.threads(), ceil_div(a_count, grain), [&](std::int64_t block) {
    for (std::int64_t i = block * grain; i < minimum((block + 1) * grain, a_count); ++i) {
      const BoxLanes box = spread(a.x1[i], a.y1[i], a.x2[i], a.y2[i], kind == BoxOverlap::ciou ? a.aspect[i] : 0);
      for_vectors(0, b_count, [&](std::int64_t j, auto lanes) {
        lanes.store(y + i * b_count + j, overlap_of<kind>(box, load_boxes<kind>(b, j, lanes)));
      });
    }
  });
}

/// Lanes without a box hold one of no area, whose overlap is at most 0.
template <BoxOverlap kind>
bool find_above(const BoxPlanes<float>& boxes, const BoxRun* runs, std::int64_t run_count, const float* corners, float threshold) {
  const BoxLanes box = spread(corners[0], corners[1], corners[2], corners[3], corners[4]);
  for (std::int64_t run = 0; run < run_count; ++run) {
    Vec largest = zero();
    for_vectors(runs[run].begin, runs[run].end, [&](std::int64_t i, auto lanes) {
      const Vec overlap = overlap_of<kind>(load_boxes<kind>(boxes, i, lanes), box);
      largest = select_greater(overlap, largest, overlap, largest);
    });
    if (largest_lane(largest) > threshold) return true;
  }
  return false;
}

}  // namespace

void box_overlap_pairs(Context& context, BoxOverlap kind, std::int64_t a_count, const BoxPlanes<float>& a, std::int64_t b_count,
                       const BoxPlanes<float>& b, float* y) {
  switch (kind) {
    case BoxOverlap::iou:
      return compute_pairs<BoxOverlap::iou>(context, a_count, a, b_count, b, y);
    case BoxOverlap::giou:
      return compute_pairs<BoxOverlap::giou>(context, a_count, a, b_count, b, y);
    case BoxOverlap::diou:
      return compute_pairs<BoxOverlap::diou>(context, a_count, a, b_count, b, y);
    case BoxOverlap::ciou:
      return compute_pairs<BoxOverlap::ciou>(context, a_count, a, b_count, b, y);
  }
}

bool any_box_above(BoxOverlap kind, const BoxPlanes<float>& boxes, const BoxRun* runs, std::int64_t run_count, const float* box,
                   float threshold) {
  switch (kind) {
    case BoxOverlap::iou:
      return find_above<BoxOverlap::iou>(boxes, runs, run_count, box, threshold);
    case BoxOverlap::giou:
      return find_above<BoxOverlap::giou>(boxes, runs, run_count, box, threshold);
    case BoxOverlap::diou:
      return find_above<BoxOverlap::diou>(boxes, runs, run_count, box, threshold);
    case BoxOverlap::ciou:
      return find_above<BoxOverlap::ciou>(boxes, runs, run_count, box, threshold);
  }
  return false;
}

}  // namespace fovea::kernels::FOVEA_ISA_NAMESPACE
