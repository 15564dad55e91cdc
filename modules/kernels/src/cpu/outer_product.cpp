#include "cpu/outer_product.hpp"

#include <utility>

#include "cpu/partial_vector.hpp"

namespace fovea::kernels::FOVEA_ISA_NAMESPACE {

namespace {

constexpr std::int64_t kColumnTile = kMicroVecs * kLanes;
/// A band holds the pixels that are visited by all tiles before the next ones. It fits the second-level cache, and if possible the first,
/// but has enough pixels to be worth loading and storing a tile's sums.
constexpr std::int64_t kMaxBandFloats = 384 * 1024 / sizeof(float), kBandFloats = 32 * 1024 / sizeof(float), kBandPixels = 256;
/// The part of y that one task adds to, and which stays there beside them.
constexpr std::int64_t kBlockFloats = 384 * 1024 / sizeof(float);
/// Pixels in a strip, and strips in a band.
constexpr std::int64_t kStripPixels = 256, kMaxStrips = 256;
/// Tasks that are wanted, the multiply-adds that are worth a piece of its own, and the floats that all partial results may take.
constexpr std::int64_t kTasks = 32, kPieceWork = 2 << 20, kMaxPartialFloats = 8 << 20;

/// `pixels` neighbours in one image row, as both operands see them.
struct Strip {
  const float* a;
  const float* b;
  std::int64_t pixels;
};

/// One register tile over the strips of a band.
struct Tile {
  const Strip* strips;
  std::int64_t strip_count;
  std::int64_t a_offset, b_offset;  ///< the tile's first row and column
  std::int64_t a_stride, b_stride;  ///< from pixel to pixel
  std::int64_t columns;
  float* y;
  std::int64_t row_stride;
  bool resume;  ///< add to what y holds
};

/// kTail: the last vector of columns is not full.
template <int kRows, int kVecs, bool kTail>
void compute_tile(const Tile& tile) {
  const std::int64_t tail = kTail ? tile.columns - (kVecs - 1) * kLanes : kLanes;
  const auto valid = [tail](int v) { return v == kVecs - 1 ? tail : kLanes; };
  Vec sum[kRows][kVecs];
#pragma GCC unroll 16
  for (int i = 0; i < kRows; ++i)
#pragma GCC unroll 16
    for (int v = 0; v < kVecs; ++v) sum[i][v] = tile.resume ? load_lanes(tile.y + i * tile.row_stride + v * kLanes, valid(v)) : zero();

  for (const Strip* strip = tile.strips; strip != tile.strips + tile.strip_count; ++strip) {
    const float* a = strip->a + tile.a_offset;
    const float* b = strip->b + tile.b_offset;
    for (std::int64_t pixel = 0; pixel < strip->pixels; ++pixel, a += tile.a_stride, b += tile.b_stride) {
      Vec right[kVecs];
#pragma GCC unroll 16
      for (int v = 0; v < kVecs; ++v) right[v] = kTail && v == kVecs - 1 ? load_first(b + v * kLanes, tail) : load(b + v * kLanes);
#pragma GCC unroll 16
      for (int i = 0; i < kRows; ++i) {
        const Vec left = broadcast(a[i]);
#pragma GCC unroll 16
        for (int v = 0; v < kVecs; ++v) sum[i][v] = fma(left, right[v], sum[i][v]);
      }
    }
  }

#pragma GCC unroll 16
  for (int i = 0; i < kRows; ++i)
#pragma GCC unroll 16
    for (int v = 0; v < kVecs; ++v) {
      float* y = tile.y + i * tile.row_stride + v * kLanes;
      if (kTail && v == kVecs - 1)
        store_first(y, tail, sum[i][v]);
      else
        store(y, sum[i][v]);
    }
}

using TileFunction = void (*)(const Tile&);

template <int kVecs, bool kTail, class Rows>
struct TileFunctions;
template <int kVecs, bool kTail, int... kIndex>
struct TileFunctions<kVecs, kTail, std::integer_sequence<int, kIndex...>> {
  static constexpr TileFunction kByRows[] = {compute_tile<kIndex + 1, kVecs, kTail>...};
};

TileFunction tile_function(std::int64_t rows, std::int64_t columns) {
  using Rows = std::make_integer_sequence<int, kMicroRows>;
  static_assert(kMicroVecs == 2);
  if (columns % kLanes == 0)
    return columns > kLanes ? TileFunctions<2, false, Rows>::kByRows[rows - 1] : TileFunctions<1, false, Rows>::kByRows[rows - 1];
  return columns > kLanes ? TileFunctions<2, true, Rows>::kByRows[rows - 1] : TileFunctions<1, true, Rows>::kByRows[rows - 1];
}

/// How one product is cut. Depends on extents alone.
struct Plan {
  explicit Plan(const OuterProduct& o)
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

  std::int64_t taps, row_tiles, strips_per_line, strips;
  std::int64_t size;  ///< floats from the first to the last element of y
  std::int64_t row_blocks, pieces, band_strips;
};

/// The strips of a band as one tap sees them; returns how many are not empty.
std::int64_t find_strips(const OuterProduct& o, const Plan& plan, Range band, std::int64_t r, std::int64_t s, Strip* found) {
  const Range rows = inside(o.vertical, r, o.target.height, o.source.height);
  const Range columns = inside(o.horizontal, s, o.target.width, o.source.width);
  std::int64_t count = 0;
  for (std::int64_t strip = band.begin; strip < band.end; ++strip) {
    const std::int64_t line = strip / plan.strips_per_line, n = line / o.target.height, i = line % o.target.height;
    const std::int64_t first = strip % plan.strips_per_line * kStripPixels;
    const std::int64_t begin = maximum(first, columns.begin), end = minimum(first + kStripPixels, columns.end);
    if (i < rows.begin || i >= rows.end || begin >= end) continue;
    const float* source = o.source.data + (n * o.source.image_stride + o.vertical.source(i, r) * o.source.row_stride +
                                           o.horizontal.source(begin, s) * o.source.pixel_stride);
    const float* target = o.target.data + (n * o.target.image_stride + i * o.target.row_stride + begin * o.target.pixel_stride);
    found[count++] = {o.rows_from_source ? source : target, o.rows_from_source ? target : source, end - begin};
  }
  return count;
}

/// Adds the pixels of one piece to rows [rows.begin, rows.end) of y.
void compute_block(const OuterProduct& o, const Plan& plan, Range piece, Range rows, float* y) {
  Strip strips[kMaxStrips];
  const std::int64_t source_step = o.source.pixel_stride * o.horizontal.stride, target_step = o.target.pixel_stride;
  const std::int64_t row_parts = ceil_div(rows.end - rows.begin, kMicroRows);
  std::int64_t begin = piece.begin;
  do {  // once even for an empty piece: y is overwritten
    const Range band{begin, minimum(piece.end, begin + plan.band_strips)};
    for (std::int64_t tap = 0; tap < plan.taps; ++tap) {
      const std::int64_t count = find_strips(o, plan, band, tap / o.horizontal.count, tap % o.horizontal.count, strips);
      for (std::int64_t part = 0; part < row_parts; ++part) {
        const Range run = part_of(rows.end - rows.begin, row_parts, part);
        const std::int64_t row = rows.begin + run.begin;
        for (std::int64_t column = 0; column < o.columns; column += kColumnTile) {
          const std::int64_t columns = minimum(kColumnTile, o.columns - column);
          tile_function(run.end - run.begin, columns)({.strips = strips,
                                                       .strip_count = count,
                                                       .a_offset = row,
                                                       .b_offset = column,
                                                       .a_stride = o.rows_from_source ? source_step : target_step,
                                                       .b_stride = o.rows_from_source ? target_step : source_step,
                                                       .columns = columns,
                                                       .y = y + row * o.row_stride + tap * o.tap_stride + column,
                                                       .row_stride = o.row_stride,
                                                       .resume = begin > piece.begin});
        }
      }
    }
    begin = band.end;
  } while (begin < piece.end);
}

/// y[0..count) = sum over the partial results, in order.
void add_partials(const float* partials, std::int64_t size, std::int64_t pieces, std::int64_t count, float* y) {
  for (std::int64_t j = 0; j < count; j += kLanes) {
    const std::int64_t valid = minimum(kLanes, count - j);
    Vec sum = load_lanes(partials + j, valid);
    for (std::int64_t piece = 1; piece < pieces; ++piece) sum = add(sum, load_lanes(partials + piece * size + j, valid));
    store_lanes(y + j, valid, sum);
  }
}

std::int64_t partial_size(const Plan& plan) { return round_up(plan.size, 16); }

}  // namespace

std::int64_t outer_product_workspace(const OuterProduct& o) {
  const Plan plan(o);
  return plan.pieces == 1 ? 0 : plan.pieces * partial_size(plan);
}

void column_product(const ColumnProduct& p) {
  const Strip strip{p.a, p.b, p.count};
  const std::int64_t parts = ceil_div(p.rows, kMicroRows);
  for (std::int64_t part = 0; part < parts; ++part) {
    const Range run = part_of(p.rows, parts, part);
    for (std::int64_t column = 0; column < p.columns; column += kColumnTile) {
      const std::int64_t columns = minimum(kColumnTile, p.columns - column);
      tile_function(run.end - run.begin, columns)({.strips = &strip,
                                                   .strip_count = 1,
                                                   .a_offset = run.begin,
                                                   .b_offset = column,
                                                   .a_stride = p.a_stride,
                                                   .b_stride = p.b_stride,
                                                   .columns = columns,
                                                   .y = p.y + run.begin * p.y_stride + column,
                                                   .row_stride = p.y_stride,
                                                   .resume = p.resume});
    }
  }
}

void outer_product(const Threads& threads, const OuterProduct& o, float* workspace) {
  const Plan plan(o);
  if (plan.size == 0 || o.columns == 0) return;
  parallel_blocks(threads, plan.pieces * plan.row_blocks, [&](std::int64_t task) {
    const std::int64_t piece = task / plan.row_blocks;
    compute_block(o, plan, part_of(plan.strips, plan.pieces, piece), part_of(o.rows, plan.row_blocks, task % plan.row_blocks, kMicroRows),
                  plan.pieces == 1 ? o.y : workspace + piece * partial_size(plan));
  });
  if (plan.pieces == 1) return;
  parallel_blocks(threads, o.rows, [&](std::int64_t row) {
    for (std::int64_t tap = 0; tap < plan.taps; ++tap) {
      const std::int64_t start = row * o.row_stride + tap * o.tap_stride;
      add_partials(workspace + start, partial_size(plan), plan.pieces, o.columns, o.y + start);
    }
  });
}

}  // namespace fovea::kernels::FOVEA_ISA_NAMESPACE
