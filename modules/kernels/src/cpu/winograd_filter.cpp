// The filter pass: per tile, 6x6 pixels and 4x4 gradients are transformed; their outer products, summed over all tiles, are the 36
// points of the 3x3 gradients.
#include "cpu/outer_product.hpp"
#include "cpu/winograd.hpp"
#include "cpu/winograd_tiles.hpp"

namespace fovea::kernels::FOVEA_ISA_NAMESPACE {

namespace {

/// Up to this many sums, a task has its own, and carries its tiles through all steps in its own cache; beyond, the steps are done one after
/// the other for many tiles, and all tasks add to the same sums.
constexpr std::int64_t kOwnSumsFloats = 640 * 1024 / sizeof(float);
/// Transformed pixels and gradients of the tiles that are worked on together: by one task, and by all.
constexpr std::int64_t kTaskTileFloats = 448 * 1024 / sizeof(float), kGroupTileFloats = 8 * 1024 * 1024 / sizeof(float);
/// Tasks with sums of their own, and the tiles that are worth one.
constexpr std::int64_t kMaxPieces = 16, kPieceTiles = 96;
/// Rows of one point's sums that make a task, and tiles.
constexpr std::int64_t kRowsPerTask = 4 * kMicroRows, kTilesPerTask = 8;

/// How one pass is cut. Depends on extents alone; tiles are added in order, and so are the pieces.
struct Plan {
  explicit Plan(const Conv2dShape& s)
      : grid(s.n, s.p, s.q),
        pixel_pitch(tile_pitch(s.c)),
        gradient_pitch(tile_pitch(s.k)),
        sums_floats(kTilePoints * s.k * pixel_pitch),
        own_sums(sums_floats <= kOwnSumsFloats),
        pieces(own_sums ? clamped(grid.count / kPieceTiles, 1, kMaxPieces) : 1) {
    const std::int64_t tile_floats = kTilePoints * (pixel_pitch + gradient_pitch);
    const std::int64_t wanted = (own_sums ? kTaskTileFloats : kGroupTileFloats) / tile_floats / 8 * 8;
    tiles_together = minimum(maximum(own_sums ? 16 : 64, wanted), round_up(maximum(1, grid.count), 16));
  }

  std::int64_t pixels_floats() const { return kTilePoints * tiles_together * pixel_pitch; }
  std::int64_t gradients_floats() const { return kTilePoints * tiles_together * gradient_pitch; }

  TileGrid grid;
  std::int64_t pixel_pitch, gradient_pitch;
  std::int64_t sums_floats;  ///< [36][k][pixel_pitch]
  bool own_sums;
  std::int64_t pieces, tiles_together;
};

struct Scratch {
  TransformedTiles pixels, gradients;
};

Scratch scratch_at(const Plan& plan, float* memory) {
  return {.pixels = {memory, plan.tiles_together, plan.pixel_pitch},
          .gradients = {memory + plan.pixels_floats(), plan.tiles_together, plan.gradient_pitch}};
}

/// The 4x4 gradients of tiles [tiles.begin, tiles.end) into the rows [first, ...) of `out`; those outside the image are zero.
void transform_gradients(const ImageView<float>& dy, const TileGrid& grid, std::int64_t channels, Range tiles, const TransformedTiles& out,
                         std::int64_t first) {
  for (std::int64_t tile = tiles.begin; tile < tiles.end; ++tile) {
    const TileGrid::Place place = grid.place(tile);
    const std::int64_t rows = minimum(kTileResults, dy.height - place.row), columns = minimum(kTileResults, dy.width - place.column);
    const float* corner = dy.data + (place.image * dy.image_stride + place.row * dy.row_stride + place.column * dy.pixel_stride);
    float* target = out.data + (first + tile - tiles.begin) * out.pitch;
    for_vectors(0, channels, [&](std::int64_t channel, auto lanes) {
      Vec points[kTileEdge][kTileResults];
#pragma GCC unroll 4
      for (int w = 0; w < kTileResults; ++w) {
        Vec column[kTileResults], transformed[kTileEdge];
#pragma GCC unroll 4
        for (int h = 0; h < kTileResults; ++h)
          column[h] = h < rows && w < columns ? lanes.load(corner + (h * dy.row_stride + w * dy.pixel_stride + channel)) : zero();
        transform_gradient(column, transformed);
#pragma GCC unroll 6
        for (int h = 0; h < kTileEdge; ++h) points[h][w] = transformed[h];
      }
#pragma GCC unroll 6
      for (int h = 0; h < kTileEdge; ++h) {
        Vec transformed[kTileEdge];
        transform_gradient(points[h], transformed);
#pragma GCC unroll 6
        for (int w = 0; w < kTileEdge; ++w) store(target + (h * kTileEdge + w) * out.point_stride() + channel, transformed[w]);
      }
    });
  }
}

/// The 3x3 gradients of filter k from its sums at the 36 points.
void finish_filter(const Conv2dShape& s, const Plan& plan, const float* sums, std::int64_t k, float* dfilter) {
  const std::int64_t point_stride = s.k * plan.pixel_pitch;
  const float* source = sums + k * plan.pixel_pitch;
  for_vectors(0, s.c, [&](std::int64_t channel, auto lanes) {
    Vec points[3][kTileEdge];
#pragma GCC unroll 6
    for (int w = 0; w < kTileEdge; ++w) {
      Vec column[kTileEdge], taps[3];
#pragma GCC unroll 6
      for (int h = 0; h < kTileEdge; ++h) column[h] = load(source + (h * kTileEdge + w) * point_stride + channel);
      transform_result(column, taps);
#pragma GCC unroll 3
      for (int h = 0; h < 3; ++h) points[h][w] = taps[h];
    }
#pragma GCC unroll 3
    for (int h = 0; h < 3; ++h) {
      Vec taps[3];
      transform_result(points[h], taps);
#pragma GCC unroll 3
      for (int w = 0; w < 3; ++w) lanes.store(dfilter + (k * 9 + h * 3 + w) * s.c + channel, taps[w]);
    }
  });
}

/// Tiles [tiles.begin, tiles.end) into the rows [first, ...) of the scratch.
void transform_tiles(const Conv2dShape& s, const Plan& plan, const float* x, const float* dy, Range tiles, const Scratch& scratch,
                     std::int64_t first) {
  transform_images(input_view(s, x), plan.grid, s.c, s.pad_top, s.pad_left, tiles, scratch.pixels, first);
  transform_gradients(output_view(s, dy), plan.grid, s.k, tiles, scratch.gradients, first);
}

/// Adds `tiles` tiles to rows [rows.begin, rows.end) of a point's sums.
void add_products(const Conv2dShape& s, const Plan& plan, const Scratch& scratch, std::int64_t tiles, std::int64_t point, Range rows,
                  bool resume, float* sums) {
  column_product({.a = scratch.gradients.data + point * scratch.gradients.point_stride() + rows.begin,
                  .b = scratch.pixels.data + point * scratch.pixels.point_stride(),
                  .a_stride = scratch.gradients.pitch,
                  .b_stride = scratch.pixels.pitch,
                  .count = tiles,
                  .rows = rows.end - rows.begin,
                  .columns = s.c,
                  .y = sums + (point * s.k + rows.begin) * plan.pixel_pitch,
                  .y_stride = plan.pixel_pitch,
                  .resume = resume});
}

/// All tiles of one piece, in the task's own cache.
void add_piece(const Conv2dShape& s, const Plan& plan, const float* x, const float* dy, std::int64_t piece, const Scratch& scratch,
               float* sums) {
  const Range run = part_of(plan.grid.count, plan.pieces, piece);
  std::int64_t begin = run.begin;
  do {  // once even without a tile: sums are overwritten
    const Range tiles{begin, minimum(run.end, begin + plan.tiles_together)};
    transform_tiles(s, plan, x, dy, tiles, scratch, 0);
    for (std::int64_t point = 0; point < kTilePoints; ++point)
      add_products(s, plan, scratch, tiles.end - tiles.begin, point, {0, s.k}, begin > run.begin, sums);
    begin = tiles.end;
  } while (begin < run.end);
}

/// All tiles, a group at a time, all threads together.
void add_groups(const Threads& threads, const Conv2dShape& s, const Plan& plan, const float* x, const float* dy, const Scratch& scratch,
                float* sums) {
  const std::int64_t row_blocks = ceil_div(s.k, kRowsPerTask);
  std::int64_t begin = 0;
  do {  // once even without a tile
    const std::int64_t tiles = minimum(plan.tiles_together, plan.grid.count - begin);
    parallel_blocks(threads, ceil_div(tiles, kTilesPerTask), [&](std::int64_t task) {
      const std::int64_t first = task * kTilesPerTask;
      transform_tiles(s, plan, x, dy, {begin + first, begin + minimum(tiles, first + kTilesPerTask)}, scratch, first);
    });
    parallel_blocks(threads, kTilePoints * row_blocks, [&](std::int64_t task) {
      add_products(s, plan, scratch, tiles, task / row_blocks, part_of(s.k, row_blocks, task % row_blocks, kMicroRows), begin > 0, sums);
    });
    begin += plan.tiles_together;
  } while (begin < plan.grid.count);
}

/// The sums of filter k at all points: those of the pieces, added in order to the first.
void add_pieces(const Conv2dShape& s, const Plan& plan, std::int64_t k, float* sums) {
  for (std::int64_t point = 0; point < kTilePoints; ++point) {
    float* total = sums + (point * s.k + k) * plan.pixel_pitch;
    for (std::int64_t c = 0; c < s.c; c += kLanes) {
      Vec sum = load(total + c);
      for (std::int64_t piece = 1; piece < plan.pieces; ++piece) sum = add(sum, load(total + piece * plan.sums_floats + c));
      store(total + c, sum);
    }
  }
}

}  // namespace

std::size_t winograd_filter_workspace_bytes(const Threads& threads, const Conv2dShape& s) {
  const Plan plan(s);
  return float_bytes(plan.pieces * plan.sums_floats) +
         float_bytes((plan.own_sums ? threads.count() : 1) * (plan.pixels_floats() + plan.gradients_floats()));
}

void winograd_backward_filter(const Threads& threads, const Conv2dShape& s, const float* x, const float* dy, float* dfilter,
                              float* workspace) {
  const Plan plan(s);
  Slices slices(workspace);
  float* sums = slices.take(plan.pieces * plan.sums_floats);
  float* tiles = slices.take(0);
  if (plan.own_sums) {
    parallel_slots(threads, plan.pieces, [&](std::int64_t piece, int slot) {
      const Scratch scratch = scratch_at(plan, tiles + slot * (plan.pixels_floats() + plan.gradients_floats()));
      add_piece(s, plan, x, dy, piece, scratch, sums + piece * plan.sums_floats);
    });
  } else {
    add_groups(threads, s, plan, x, dy, scratch_at(plan, tiles), sums);
  }
  parallel_blocks(threads, s.k, [&](std::int64_t k) {
    if (plan.pieces > 1) add_pieces(s, plan, k, sums);
    finish_filter(s, plan, sums, k, dfilter);
  });
}

}  // namespace fovea::kernels::FOVEA_ISA_NAMESPACE
