// The filter pass: per tile, 6x6 pixels and 4x4 gradients are transformed; their outer products, summed over all tiles, are the 36
// points of the 3x3 gradients.
#include "cpu/outer_product.hpp"
#include "cpu/winograd.hpp"
#include "cpu/winograd_tiles.hpp"

namespace fovea::kernels::FOVEA_ISA_NAMESPACE {

namespace {

/// Transformed pixels and gradients of the tiles that are worked on together, by all threads.
constexpr std::int64_t kGroupTileFloats = 8 * 1024 * 1024 / sizeof(float);
/// Rows of one point's sums that make a task, and tiles.
constexpr std::int64_t kRowsPerTask = 4 * kMicroRows, kTilesPerTask = 8;

/// How one pass is cut. Depends on extents alone; tiles are added in order.
struct Plan {
  explicit Plan(const Conv2dShape& s) : grid(s.n, s.p, s.q), pixel_pitch(tile_pitch(s.c)), gradient_pitch(tile_pitch(s.k)) {
    const std::int64_t tile_floats = kTilePoints * (pixel_pitch + gradient_pitch);
    tiles_together = minimum(maximum(64, round_up(kGroupTileFloats / tile_floats, 16)), round_up(maximum(1, grid.count), 16));
    sums_floats = kTilePoints * s.k * pixel_pitch;
  }

  TileGrid grid;
  std::int64_t pixel_pitch, gradient_pitch, tiles_together;
  std::int64_t sums_floats;  ///< [36][k][pixel_pitch]
};

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

}  // namespace

std::size_t winograd_filter_workspace_bytes(const Conv2dShape& s) {
  const Plan plan(s);
  return float_bytes(kTilePoints * plan.tiles_together * plan.pixel_pitch) +
         float_bytes(kTilePoints * plan.tiles_together * plan.gradient_pitch) + float_bytes(plan.sums_floats);
}

void winograd_backward_filter(const Threads& threads, const Conv2dShape& s, const float* x, const float* dy, float* dfilter,
                              float* workspace) {
  const Plan plan(s);
  Slices scratch(workspace);
  const TransformedTiles pixels{scratch.take(kTilePoints * plan.tiles_together * plan.pixel_pitch), plan.tiles_together, plan.pixel_pitch};
  const TransformedTiles gradients{scratch.take(kTilePoints * plan.tiles_together * plan.gradient_pitch), plan.tiles_together,
                                   plan.gradient_pitch};
  float* sums = scratch.take(plan.sums_floats);
  const ImageView<float> images = input_view(s, x), targets = output_view(s, dy);
  const std::int64_t row_blocks = ceil_div(s.k, kRowsPerTask);
  std::int64_t begin = 0;
  do {  // once even without a tile: dfilter is overwritten
    const std::int64_t tiles = minimum(plan.tiles_together, plan.grid.count - begin);
    parallel_blocks(threads, ceil_div(tiles, kTilesPerTask), [&](std::int64_t task) {
      const std::int64_t first = task * kTilesPerTask;
      const Range run{begin + first, begin + minimum(tiles, first + kTilesPerTask)};
      transform_images(images, plan.grid, s.c, s.pad_top, s.pad_left, run, pixels, first);
      transform_gradients(targets, plan.grid, s.k, run, gradients, first);
    });
    parallel_blocks(threads, kTilePoints * row_blocks, [&](std::int64_t task) {
      const std::int64_t point = task / row_blocks;
      const Range rows = part_of(s.k, row_blocks, task % row_blocks, kMicroRows);
      column_product({.a = gradients.data + point * gradients.point_stride() + rows.begin,
                      .b = pixels.data + point * pixels.point_stride(),
                      .a_stride = gradients.pitch,
                      .b_stride = pixels.pitch,
                      .count = tiles,
                      .rows = rows.end - rows.begin,
                      .columns = s.c,
                      .y = sums + (point * s.k + rows.begin) * plan.pixel_pitch,
                      .y_stride = plan.pixel_pitch,
                      .resume = begin > 0});
    });
    begin += plan.tiles_together;
  } while (begin < plan.grid.count);
  parallel_blocks(threads, s.k, [&](std::int64_t k) { finish_filter(s, plan, sums, k, dfilter); });
}

}  // namespace fovea::kernels::FOVEA_ISA_NAMESPACE
