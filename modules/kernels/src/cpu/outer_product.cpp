#include "cpu/outer_plan.hpp"

#include "cpu/partial_vector.hpp"
#include "cpu/register_tiles.hpp"

namespace fovea::kernels::FOVEA_ISA_NAMESPACE {

namespace {

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

template <bool kTail>
struct Tiles {
  using Function = void (*)(const Tile&);
  template <int kRows, int kVecs>
  static constexpr Function kCompute = compute_tile<kRows, kVecs, kTail>;
};

Tiles<false>::Function tile_for(std::int64_t rows, std::int64_t columns) {
  return columns % kLanes == 0 ? tile_function<Tiles<false>>(rows, columns) : tile_function<Tiles<true>>(rows, columns);
}

/// The strips of a band as one tap sees them; returns how many are not empty.
std::int64_t find_strips(const OuterProduct<float>& o, const OuterPlan& plan, Range band, std::int64_t r, std::int64_t s, Strip* found) {
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
void compute_block(const OuterProduct<float>& o, const OuterPlan& plan, Range piece, Range rows, float* y) {
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
          tile_for(run.end - run.begin, columns)({.strips = strips,
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

}  // namespace

void column_product(const ColumnProduct& p) {
  const Strip strip{p.a, p.b, p.count};
  const std::int64_t parts = ceil_div(p.rows, kMicroRows);
  for (std::int64_t part = 0; part < parts; ++part) {
    const Range run = part_of(p.rows, parts, part);
    for (std::int64_t column = 0; column < p.columns; column += kColumnTile) {
      const std::int64_t columns = minimum(kColumnTile, p.columns - column);
      tile_for(run.end - run.begin, columns)({.strips = &strip,
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

std::int64_t outer_product_workspace(const Threads&, const OuterProduct<float>& o) { return OuterPlan(o).partials_size(); }

void outer_product(const Threads& threads, const OuterProduct<float>& o, float* workspace) {
  const OuterPlan plan(o);
  for_outer_blocks(threads, o, plan, workspace, [&](Range piece, Range rows, float* y, int) { compute_block(o, plan, piece, rows, y); });
}

}  // namespace fovea::kernels::FOVEA_ISA_NAMESPACE
