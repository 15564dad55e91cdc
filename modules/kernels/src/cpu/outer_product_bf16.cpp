// Sums over pixels of bf16: two pixels are multiplied at a time. Neighbouring pixels lie apart in memory, so both operands are first
// interleaved, a band of pixels at a time; the interleaved band stays in the cache and is read once per register tile.
#include "cpu/pair_bands.hpp"
#include "cpu/register_tiles.hpp"
#include "dot.hpp"

namespace fovea::kernels::FOVEA_ISA_NAMESPACE {

namespace {

/// One register tile over the pairs of a band.
struct Tile {
  const std::uint32_t* a;
  const std::uint32_t* b;
  std::int64_t a_pitch, b_pitch, pairs, columns;
  float* y;
  std::int64_t row_stride;
  bool resume;  ///< add to what y holds
};

template <int kRows, int kVecs>
void compute_tile(const Tile& tile) {
  const auto valid = [&tile](int v) { return minimum(kLanes, tile.columns - v * kLanes); };
  Vec sum[kRows][kVecs];
#pragma GCC unroll 16
  for (int i = 0; i < kRows; ++i)
#pragma GCC unroll 16
    for (int v = 0; v < kVecs; ++v) sum[i][v] = tile.resume ? load_lanes(tile.y + i * tile.row_stride + v * kLanes, valid(v)) : zero();

  const std::uint32_t *a = tile.a, *b = tile.b;
  for (std::int64_t pair = 0; pair < tile.pairs; ++pair, a += tile.a_pitch, b += tile.b_pitch) {
    Words right[kVecs];
#pragma GCC unroll 16
    for (int v = 0; v < kVecs; ++v) right[v] = load_words(b + v * kLanes);
#pragma GCC unroll 16
    for (int i = 0; i < kRows; ++i) {
      const Words left = Words{} + a[i];
#pragma GCC unroll 16
      for (int v = 0; v < kVecs; ++v) sum[i][v] = dot_pairs(left, right[v], sum[i][v]);
    }
  }

#pragma GCC unroll 16
  for (int i = 0; i < kRows; ++i)
#pragma GCC unroll 16
    for (int v = 0; v < kVecs; ++v) store_lanes(tile.y + i * tile.row_stride + v * kLanes, valid(v), sum[i][v]);
}

struct Tiles {
  using Function = void (*)(const Tile&);
  template <int kRows, int kVecs>
  static constexpr Function kCompute = compute_tile<kRows, kVecs>;
};

std::int64_t row_words(const OuterProduct<bf16>& o, const OuterPlan& plan) {
  return band_pairs(o, plan) * round_up(round_up(ceil_div(o.rows, plan.row_blocks), kMicroRows), 16);
}
std::int64_t column_words(const OuterProduct<bf16>& o, const OuterPlan& plan) {
  return band_pairs(o, plan) * round_up(o.columns, kColumnTile);
}

/// Adds the pixels of one piece to rows [rows.begin, rows.end) of y.
void compute_block(const OuterProduct<bf16>& o, const OuterPlan& plan, Range piece, Range rows, float* y, const PairBand& left,
                   const PairBand& right) {
  const Range columns{0, o.columns};
  const std::int64_t row_parts = ceil_div(rows.end - rows.begin, kMicroRows);
  std::int64_t begin = piece.begin;
  do {  // once even for an empty piece: y is overwritten
    const Range band{begin, minimum(piece.end, begin + plan.band_strips)};
    const std::int64_t pairs = pairs_of_strips(o, plan, band);
    interleave_target(o, plan, band, o.rows_from_source ? columns : rows, o.rows_from_source ? right : left);
    for (std::int64_t tap = 0; tap < plan.taps; ++tap) {
      interleave_source(o, plan, band, o.rows_from_source ? rows : columns, tap / o.horizontal.count, tap % o.horizontal.count,
                        o.rows_from_source ? left : right);
      for (std::int64_t part = 0; part < row_parts; ++part) {
        const Range run = part_of(rows.end - rows.begin, row_parts, part);
        for (std::int64_t column = 0; column < o.columns; column += kColumnTile) {
          const std::int64_t count = minimum(kColumnTile, o.columns - column);
          tile_function<Tiles>(run.end - run.begin, count)({.a = left.words + run.begin,
                                                            .b = right.words + column,
                                                            .a_pitch = left.pitch,
                                                            .b_pitch = right.pitch,
                                                            .pairs = pairs,
                                                            .columns = count,
                                                            .y = y + (rows.begin + run.begin) * o.row_stride + tap * o.tap_stride + column,
                                                            .row_stride = o.row_stride,
                                                            .resume = begin > piece.begin});
        }
      }
    }
    begin = band.end;
  } while (begin < piece.end);
}

}  // namespace

std::int64_t outer_product_workspace(const Threads& threads, const OuterProduct<bf16>& o) {
  const OuterPlan plan(o);
  return plan.partials_size() + threads.count() * (row_words(o, plan) + column_words(o, plan));
}

void outer_product(const Threads& threads, const OuterProduct<bf16>& o, float* workspace) {
  const OuterPlan plan(o);
  const std::int64_t rows_size = row_words(o, plan), columns_size = column_words(o, plan), pairs = maximum(1, band_pairs(o, plan));
  auto* words = reinterpret_cast<std::uint32_t*>(workspace + plan.partials_size());
  for_outer_blocks(threads, o, plan, workspace, [&](Range piece, Range rows, float* y, int slot) {
    std::uint32_t* own = words + slot * (rows_size + columns_size);
    compute_block(o, plan, piece, rows, y, {own, rows_size / pairs}, {own + rows_size, columns_size / pairs});
  });
}

}  // namespace fovea::kernels::FOVEA_ISA_NAMESPACE
