// How a sum over pixels is cut, and how its pieces are put together: the same for all element types.
#pragma once

#include "cpu/outer_product.hpp"
#include "cpu/partial_vector.hpp"

namespace fovea::kernels::FOVEA_ISA_NAMESPACE {

inline constexpr std::int64_t kColumnTile = kMicroVecs * kLanes;
/// A band holds the pixels that are visited by all tiles before the next ones. It fits the second-level cache, and if possible the first,
/// but has enough pixels to be worth loading and storing a tile's sums.
inline constexpr std::int64_t kMaxBandFloats = 384 * 1024 / sizeof(float), kBandFloats = 32 * 1024 / sizeof(float), kBandPixels = 256;
/// The part of y that one task adds to, and which stays there beside them.
inline constexpr std::int64_t kBlockFloats = 384 * 1024 / sizeof(float);
/// Pixels in a strip, and strips in a band.
inline constexpr std::int64_t kStripPixels = 256, kMaxStrips = 256;
/// Tasks that are wanted, the multiply-adds that are worth a piece of its own, and the floats that all partial results may take.
inline constexpr std::int64_t kTasks = 32, kPieceWork = 2 << 20, kMaxPartialFloats = 8 << 20;

/// How one product is cut. Depends on extents alone.
struct OuterPlan {
  template <class T>
  explicit OuterPlan(const OuterProduct<T>& o)
      : taps(o.vertical.count * o.horizontal.count),
        row_tiles(ceil_div(o.rows, kMicroRows)),
        strips_per_line(ceil_div(o.target.width, kStripPixels)),
        strips(o.images * o.target.height * strips_per_line),
        size(o.rows == 0 || taps == 0 ? 0 : (o.rows - 1) * o.row_stride + (taps - 1) * o.tap_stride + o.columns) {
    row_blocks = clamped(ceil_div(o.rows * taps * o.columns, kBlockFloats), 1, maximum(1, row_tiles));
    const std::int64_t work = strips * minimum(o.target.width, kStripPixels) * o.rows * taps * o.columns;
    const std::int64_t wanted = minimum(ceil_div(kTasks, row_blocks), work / kPieceWork);
    pieces = clamped(minimum(wanted, kMaxPartialFloats / maximum(1, size)), 1, maximum(1, strips));
    // All columns of one operand and a task's rows of the other are read.
    const std::int64_t pixel_floats = maximum(1, o.columns + ceil_div(o.rows, row_blocks));
    const std::int64_t band_pixels = minimum(kMaxBandFloats / pixel_floats, maximum(kBandPixels, kBandFloats / pixel_floats));
    band_strips = clamped(band_pixels / clamped(o.target.width, 1, kStripPixels), 1, kMaxStrips);
  }

  std::int64_t partial_size() const { return round_up(size, 16); }
  std::int64_t partials_size() const { return pieces == 1 ? 0 : pieces * partial_size(); }

  std::int64_t taps, row_tiles, strips_per_line, strips;
  std::int64_t size;  ///< floats from the first to the last element of y
  std::int64_t row_blocks, pieces, band_strips;
};

/// y[0..count) = sum over the partial results, in order.
static inline void add_partials(const float* partials, std::int64_t size, std::int64_t pieces, std::int64_t count, float* y) {
  for (std::int64_t j = 0; j < count; j += kLanes) {
    const std::int64_t valid = minimum(kLanes, count - j);
    Vec sum = load_lanes(partials + j, valid);
    for (std::int64_t piece = 1; piece < pieces; ++piece) sum = add(sum, load_lanes(partials + piece * size + j, valid));
    store_lanes(y + j, valid, sum);
  }
}

/// Calls body(piece, rows, y, slot) for every piece of the strips and every block of rows, in parallel, and adds up what they give.
template <class T, class Body>
void for_outer_blocks(const Threads& threads, const OuterProduct<T>& o, const OuterPlan& plan, float* partials, Body body) {
  if (plan.size == 0 || o.columns == 0) return;
  parallel_slots(threads, plan.pieces * plan.row_blocks, [&](std::int64_t task, int slot) {
    const std::int64_t piece = task / plan.row_blocks;
    body(part_of(plan.strips, plan.pieces, piece), part_of(o.rows, plan.row_blocks, task % plan.row_blocks, kMicroRows),
         plan.pieces == 1 ? o.y : partials + piece * plan.partial_size(), slot);
  });
  if (plan.pieces == 1) return;
  parallel_blocks(threads, o.rows, [&](std::int64_t row) {
    for (std::int64_t tap = 0; tap < plan.taps; ++tap) {
      const std::int64_t start = row * o.row_stride + tap * o.tap_stride;
      add_partials(partials + start, plan.partial_size(), plan.pieces, o.columns, o.y + start);
    }
  });
}

}  // namespace fovea::kernels::FOVEA_ISA_NAMESPACE
