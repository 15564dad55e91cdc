// Sums over pixels of bf16: two pixels are multiplied at a time. Neighbouring pixels lie apart in memory, so both operands are first
// interleaved, a band of pixels at a time; the interleaved band stays in the cache and is read once per register tile.
#include "cpu/outer_plan.hpp"
#include "cpu/pairs.hpp"
#include "cpu/register_tiles.hpp"

namespace fovea::kernels::FOVEA_ISA_NAMESPACE {

namespace {

/// A band of one operand: [pairs of pixels][pitch], of each channel the pair in one word.
struct PairBand {
  std::uint32_t* words;
  std::int64_t pitch;
};

/// Pixels of a strip, and where they begin in the target.
struct Strip {
  std::int64_t image, row, column, pixels;
};

Strip strip_at(const OuterProduct<bf16>& o, const OuterPlan& plan, std::int64_t index) {
  const std::int64_t line = index / plan.strips_per_line, first = index % plan.strips_per_line * kStripPixels;
  return {line / o.target.height, line % o.target.height, first, minimum(kStripPixels, o.target.width - first)};
}

/// The pairs of all strips of a band. Of every strip with an odd number of pixels, the last is beside a zero.
std::int64_t pairs_of_strips(const OuterProduct<bf16>& o, const OuterPlan& plan, Range band) {
  std::int64_t pairs = 0;
  for (std::int64_t strip = band.begin; strip < band.end; ++strip) pairs += ceil_div(strip_at(o, plan, strip).pixels, 2);
  return pairs;
}

/// pixel(strip, index) is the first of `count` channels of a pixel of a strip, or null where there is none.
template <class Pixel>
void interleave(const OuterProduct<bf16>& o, const OuterPlan& plan, Range band, std::int64_t count, const PairBand& out, Pixel pixel) {
  std::uint32_t* words = out.words;
  for (std::int64_t index = band.begin; index < band.end; ++index) {
    const Strip strip = strip_at(o, plan, index);
    for (std::int64_t p = 0; p < strip.pixels; p += 2, words += out.pitch) {
      const bf16 *low = pixel(strip, p), *high = p + 1 < strip.pixels ? pixel(strip, p + 1) : nullptr;
      for (std::int64_t c = 0; c < count; c += kLanes) {
        const std::int64_t valid = minimum(kLanes, count - c);
        store_words(words + c,
                    pairs_of(low != nullptr ? load_lanes(low + c, valid) : zero(), high != nullptr ? load_lanes(high + c, valid) : zero()));
      }
    }
  }
}

void interleave_target(const OuterProduct<bf16>& o, const OuterPlan& plan, Range band, Range channels, const PairBand& out) {
  interleave(o, plan, band, channels.end - channels.begin, out, [&](const Strip& strip, std::int64_t p) {
    return o.target.data + (strip.image * o.target.image_stride + strip.row * o.target.row_stride +
                            (strip.column + p) * o.target.pixel_stride + channels.begin);
  });
}

/// As tap (r, s) sees the source: null outside the image.
void interleave_source(const OuterProduct<bf16>& o, const OuterPlan& plan, Range band, Range channels, std::int64_t r, std::int64_t s,
                       const PairBand& out) {
  interleave(o, plan, band, channels.end - channels.begin, out, [&](const Strip& strip, std::int64_t p) -> const bf16* {
    const std::int64_t row = o.vertical.source(strip.row, r), column = o.horizontal.source(strip.column + p, s);
    if (row < 0 || row >= o.source.height || column < 0 || column >= o.source.width) return nullptr;
    return o.source.data +
           (strip.image * o.source.image_stride + row * o.source.row_stride + column * o.source.pixel_stride + channels.begin);
  });
}

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

std::int64_t band_pairs(const OuterProduct<bf16>& o, const OuterPlan& plan) {
  return plan.band_strips * ceil_div(minimum(o.target.width, kStripPixels), 2);
}
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
