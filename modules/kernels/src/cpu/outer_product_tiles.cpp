// Sums over pixels of bf16 on tile registers: 32 x 32 results and 16 pairs of pixels at a time. Both operands are interleaved a band of
// pixels at a time; the columns' band is then what the tiles want of a right matrix, the rows' band is transposed besides.
#include "cpu/pair_bands.hpp"
#include "tiles.hpp"

namespace fovea::kernels::FOVEA_ISA_NAMESPACE {

namespace {

constexpr std::int64_t kTile = 32, kStepPairs = 16;

/// Words of a thread's bands: the rows' before and after it is transposed, and the columns'.
struct BandSizes {
  BandSizes(const OuterProduct<bf16>& o, const OuterPlan& plan)
      : pairs(round_up(maximum(1, band_pairs(o, plan)), kStepPairs)),
        rows(round_up(round_up(ceil_div(o.rows, plan.row_blocks), kMicroRows), kTile)),
        columns(round_up(o.columns, kTile)) {}
  std::int64_t all() const { return pairs * (2 * rows + columns); }

  std::int64_t pairs, rows, columns;
};

void clear_pairs(const PairBand& band, std::int64_t begin, std::int64_t end) {
  __builtin_memset(band.words + begin * band.pitch, 0, static_cast<std::size_t>((end - begin) * band.pitch) * sizeof(std::uint32_t));
}

/// Exchanges the blocks of kDistance x kDistance beside the diagonal, in a square of 16 x 16 words.
template <int kDistance>
FOVEA_SIMD_INLINE void exchange_blocks(Words (&rows)[kLanes]) {
  Words low{}, high{};
#pragma GCC unroll 16
  for (int lane = 0; lane < kLanes; ++lane) {
    const bool second = (lane & kDistance) != 0;
    low[lane] = static_cast<std::uint32_t>(second ? kLanes + lane - kDistance : lane);
    high[lane] = static_cast<std::uint32_t>(second ? kLanes + lane : lane + kDistance);
  }
#pragma GCC unroll 16
  for (int i = 0; i < kLanes; ++i) {
    if ((i & kDistance) != 0) continue;
    const Words a = rows[i], b = rows[i + kDistance];
    rows[i] = __builtin_shuffle(a, b, low);
    rows[i + kDistance] = __builtin_shuffle(a, b, high);
  }
}

/// y [rows][pitch] = band [pairs][band.pitch] transposed; `pairs` and `rows` are multiples of 16.
void transpose(const PairBand& band, std::int64_t pairs, std::int64_t rows, std::int64_t pitch, std::uint32_t* y) {
  static_assert(kLanes == 16);
  for (std::int64_t row = 0; row < rows; row += kLanes)
    for (std::int64_t pair = 0; pair < pairs; pair += kLanes) {
      Words square[kLanes];
#pragma GCC unroll 16
      for (int i = 0; i < kLanes; ++i) square[i] = load_words(band.words + (pair + i) * band.pitch + row);
      exchange_blocks<8>(square);
      exchange_blocks<4>(square);
      exchange_blocks<2>(square);
      exchange_blocks<1>(square);
#pragma GCC unroll 16
      for (int i = 0; i < kLanes; ++i) store_words(y + (row + i) * pitch + pair, square[i]);
    }
}

/// One tile of y, over the steps of a band.
struct TileSum {
  const bf16* rows;  ///< [32][row_stride]
  std::int64_t row_stride;
  const std::uint32_t* columns;  ///< [pairs][column_pitch]
  std::int64_t column_pitch, steps;
  float* y;
  std::int64_t y_stride, valid_rows, valid_columns;
  bool resume;  ///< add to what y holds
};

void load_part(const TileSum& t, float* sums) {
  for (std::int64_t i = 0; i < kTile; ++i)
    for (std::int64_t j = 0; j < kTile; ++j) sums[i * kTile + j] = i < t.valid_rows && j < t.valid_columns ? t.y[i * t.y_stride + j] : 0;
}
void store_part(const TileSum& t, const float* sums) {
  for (std::int64_t i = 0; i < t.valid_rows; ++i)
    for (std::int64_t j = 0; j < t.valid_columns; ++j) t.y[i * t.y_stride + j] = sums[i * kTile + j];
}

void compute_tile(Tiles& tiles, const TileSum& t) {
  alignas(64) float part[kTile * kTile];
  const bool whole = t.valid_rows == kTile && t.valid_columns == kTile;
  if (!t.resume) {
    tiles.clear();
  } else if (whole) {
    tiles.load(t.y, t.y_stride);
  } else {
    load_part(t, part);
    tiles.load(part, kTile);
  }
  const bf16* const lower = t.rows + kTile / 2 * t.row_stride;
  for (std::int64_t step = 0; step < t.steps; ++step)
    tiles.accumulate(t.rows + 2 * kStepPairs * step, t.row_stride, lower + 2 * kStepPairs * step, t.row_stride,
                     t.columns + kStepPairs * step * t.column_pitch, t.column_pitch);
  if (whole) return tiles.store(t.y, t.y_stride);
  tiles.store(part, kTile);
  store_part(t, part);
}

/// What a thread works with.
struct Bands {
  PairBand rows, columns;
  std::uint32_t* transposed;  ///< [rows][pairs]
  std::int64_t pairs;         ///< room for so many
};

void compute_tap(const OuterProduct<bf16>& o, Tiles& tiles, const Bands& bands, std::int64_t pairs, Range rows, bool resume, float* y) {
  for (std::int64_t row = rows.begin; row < rows.end; row += kTile)
    for (std::int64_t column = 0; column < o.columns; column += kTile)
      compute_tile(tiles, {.rows = reinterpret_cast<const bf16*>(bands.transposed + (row - rows.begin) * bands.pairs),
                           .row_stride = 2 * bands.pairs,
                           .columns = bands.columns.words + column,
                           .column_pitch = bands.columns.pitch,
                           .steps = pairs / kStepPairs,
                           .y = y + row * o.row_stride + column,
                           .y_stride = o.row_stride,
                           .valid_rows = minimum(kTile, rows.end - row),
                           .valid_columns = minimum(kTile, o.columns - column),
                           .resume = resume});
}

/// Adds the pixels of one piece to rows [rows.begin, rows.end) of y.
void compute_block(const OuterProduct<bf16>& o, const OuterPlan& plan, Range piece, Range rows, float* y, const Bands& bands) {
  Tiles tiles;
  const Range columns{0, o.columns};
  const std::int64_t padded_rows = round_up(rows.end - rows.begin, kStepPairs);
  std::int64_t begin = piece.begin;
  do {  // once even for an empty piece: y is overwritten
    const Range band{begin, minimum(piece.end, begin + plan.band_strips)};
    const std::int64_t pairs = pairs_of_strips(o, plan, band), padded_pairs = round_up(pairs, kStepPairs);
    clear_pairs(bands.rows, pairs, padded_pairs);
    clear_pairs(bands.columns, pairs, padded_pairs);
    interleave_target(o, plan, band, o.rows_from_source ? columns : rows, o.rows_from_source ? bands.columns : bands.rows);
    if (!o.rows_from_source) transpose(bands.rows, padded_pairs, padded_rows, bands.pairs, bands.transposed);
    for (std::int64_t tap = 0; tap < plan.taps; ++tap) {
      interleave_source(o, plan, band, o.rows_from_source ? rows : columns, tap / o.horizontal.count, tap % o.horizontal.count,
                        o.rows_from_source ? bands.rows : bands.columns);
      if (o.rows_from_source) transpose(bands.rows, padded_pairs, padded_rows, bands.pairs, bands.transposed);
      compute_tap(o, tiles, bands, padded_pairs, rows, begin > piece.begin, y + tap * o.tap_stride);
    }
    begin = band.end;
  } while (begin < piece.end);
}

}  // namespace

std::int64_t outer_product_workspace(const Threads& threads, const OuterProduct<bf16>& o) {
  const OuterPlan plan(o);
  return plan.partials_size() + threads.count() * BandSizes(o, plan).all();
}

void outer_product(const Threads& threads, const OuterProduct<bf16>& o, float* workspace) {
  const OuterPlan plan(o);
  const BandSizes sizes(o, plan);
  auto* words = reinterpret_cast<std::uint32_t*>(workspace + plan.partials_size());
  for_outer_blocks(threads, o, plan, workspace, [&](Range piece, Range rows, float* y, int slot) {
    std::uint32_t* own = words + slot * sizes.all();
    compute_block(o, plan, piece, rows, y,
                  {.rows = {own, sizes.rows},
                   .columns = {own + sizes.pairs * sizes.rows, sizes.columns},
                   .transposed = own + sizes.pairs * (sizes.rows + sizes.columns),
                   .pairs = sizes.pairs});
  });
}

}  // namespace fovea::kernels::FOVEA_ISA_NAMESPACE
