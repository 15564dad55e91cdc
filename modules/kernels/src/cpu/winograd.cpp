// The forward and data passes: the data pass is a forward pass over dy with turned filters and the roles of the channels exchanged.
#include "cpu/winograd.hpp"

#include "cpu/gather_product.hpp"
#include "cpu/streaming.hpp"
#include "cpu/tile_epilogue.hpp"
#include "cpu/winograd_tiles.hpp"

namespace fovea::kernels::FOVEA_ISA_NAMESPACE {

namespace {

/// Up to this many floats of transformed filters, a task carries its tiles through all three steps in its own cache and streams the
/// filters; beyond, filters are what must not be read again and again, and the steps are done one after the other for many tiles.
constexpr std::int64_t kStreamedFilterFloats = 4 * 1024 * 1024 / sizeof(float);
/// Transformed pixels and results of the tiles that are worked on together: by one task, and by all.
constexpr std::int64_t kTaskTileFloats = 640 * 1024 / sizeof(float), kGroupTileFloats = 16 * 1024 * 1024 / sizeof(float);
constexpr std::int64_t kMinTaskTiles = 2 * kMicroRows;

template <bool kInside, class Lanes>
FOVEA_SIMD_INLINE void transform_image_vector(const ImageView<float>& x, const float* corner, Range rows, Range columns,
                                              std::int64_t channel, Lanes lanes, float* out, std::int64_t point_stride) {
  Vec points[kTileEdge][kTileEdge];
#pragma GCC unroll 6
  for (int w = 0; w < kTileEdge; ++w) {
    Vec column[kTileEdge];
#pragma GCC unroll 6
    for (int h = 0; h < kTileEdge; ++h) {
      const bool inside = kInside || (h >= rows.begin && h < rows.end && w >= columns.begin && w < columns.end);
      column[h] = inside ? lanes.load(corner + (h * x.row_stride + w * x.pixel_stride + channel)) : zero();
    }
    transform_image(column);
#pragma GCC unroll 6
    for (int h = 0; h < kTileEdge; ++h) points[h][w] = column[h];
  }
#pragma GCC unroll 6
  for (int h = 0; h < kTileEdge; ++h) {
    transform_image(points[h]);
#pragma GCC unroll 6
    for (int w = 0; w < kTileEdge; ++w) store(out + (h * kTileEdge + w) * point_stride + channel, points[h][w]);
  }
}

struct WinogradProduct {
  ImageView<float> x;
  std::int64_t length;  ///< channels of x
  std::int64_t pad_top, pad_left;
  std::int64_t images, height, width, columns;  ///< extents of y
  const float* panels;                          ///< [36][columns / kPanelWidth][length][kPanelWidth]
  Epilogue<float> epilogue;
  float* y;
  std::int64_t y_image_stride, y_row_stride, y_pixel_stride;
};

/// How one product is cut. Depends on extents alone; the bits of the result do not depend on it.
struct Plan {
  explicit Plan(const WinogradProduct& p)
      : grid(p.images, p.height, p.width),
        length_pitch(tile_pitch(p.length)),
        column_pitch(tile_pitch(p.columns)),
        filter_floats(kTilePoints * panels_size(p.length, p.columns)),
        streams_filters(filter_floats <= kStreamedFilterFloats) {
    const std::int64_t tile_floats = kTilePoints * (length_pitch + column_pitch);
    const std::int64_t wanted = (streams_filters ? kTaskTileFloats : kGroupTileFloats) / tile_floats / kMicroRows * kMicroRows;
    tiles_together = minimum(maximum(kMinTaskTiles, wanted), maximum(1, grid.count));
    scratch_floats = tiles_together * tile_floats;
  }

  TileGrid grid;
  std::int64_t length_pitch, column_pitch, filter_floats;
  bool streams_filters;
  std::int64_t tiles_together, scratch_floats;
};

struct Scratch {
  TransformedTiles pixels, results;
};

Scratch scratch_at(const Plan& plan, float* memory) {
  return {.pixels = {memory, plan.tiles_together, plan.length_pitch},
          .results = {memory + kTilePoints * plan.tiles_together * plan.length_pitch, plan.tiles_together, plan.column_pitch}};
}

/// Tiles [0, tiles) times panels [panels.begin, panels.end) at one point.
void multiply_point(const WinogradProduct& p, const Scratch& scratch, std::int64_t point, std::int64_t tiles, Range panels) {
  const std::int64_t column = panels.begin * kPanelWidth;
  panel_product({.a = scratch.pixels.data + point * scratch.pixels.point_stride(),
                 .a_stride = scratch.pixels.pitch,
                 .rows = tiles,
                 .length = p.length,
                 .panels = p.panels + (point * round_up(p.columns, kPanelWidth) + column) * p.length,
                 .columns = minimum(panels.end * kPanelWidth, p.columns) - column,
                 .y = scratch.results.data + point * scratch.results.point_stride() + column,
                 .y_stride = scratch.results.pitch});
}

/// The 4x4 results of the rows [first, ...) of `results`, as many of them as lie in y.
void finish_tiles(const WinogradProduct& p, const TileGrid& grid, const TransformedTiles& results, Range tiles, std::int64_t first) {
  const TileEpilogue<float> epilogue = epilogue_of_columns(p.epilogue, p.y, 0);
  const bool streams = is_streamed(p.y, p.images * p.height * p.width, p.columns, p.y_pixel_stride);
  for (std::int64_t tile = tiles.begin; tile < tiles.end; ++tile) {
    const TileGrid::Place place = grid.place(tile);
    const std::int64_t rows = minimum(kTileResults, p.height - place.row), columns = minimum(kTileResults, p.width - place.column);
    const float* source = results.data + (first + tile - tiles.begin) * results.pitch;
    float* corner = p.y + (place.image * p.y_image_stride + place.row * p.y_row_stride + place.column * p.y_pixel_stride);
    for (std::int64_t c = 0; c < p.columns; c += kLanes) {
      const std::int64_t count = minimum(kLanes, p.columns - c);
      Vec points[kTileResults][kTileEdge];
#pragma GCC unroll 6
      for (int w = 0; w < kTileEdge; ++w) {
        Vec column[kTileEdge], sums[kTileResults];
#pragma GCC unroll 6
        for (int h = 0; h < kTileEdge; ++h) column[h] = load(source + (h * kTileEdge + w) * results.point_stride() + c);
        transform_result(column, sums);
#pragma GCC unroll 4
        for (int h = 0; h < kTileResults; ++h) points[h][w] = sums[h];
      }
      for (std::int64_t h = 0; h < rows; ++h) {
        Vec sums[kTileResults];
        transform_result(points[h], sums);
        float* y = corner + h * p.y_row_stride;
#pragma GCC unroll 4
        for (int w = 0; w < kTileResults; ++w, y += p.y_pixel_stride)
          if (w < columns) store_result(y + c, count, epilogue.finish(sums[w], y, c, count), streams);
      }
    }
  }
  if (streams) stream_fence();
}

void multiply_by_tasks(const Threads& threads, const WinogradProduct& p, const Plan& plan, float* workspace) {
  const std::int64_t panels = ceil_div(p.columns, kPanelWidth);
  parallel_slots(threads, ceil_div(plan.grid.count, plan.tiles_together), [&](std::int64_t task, int slot) {
    const Scratch scratch = scratch_at(plan, workspace + slot * plan.scratch_floats);
    const Range tiles{task * plan.tiles_together, minimum(plan.grid.count, (task + 1) * plan.tiles_together)};
    transform_images(p.x, plan.grid, p.length, p.pad_top, p.pad_left, tiles, scratch.pixels, 0);
    for (std::int64_t point = 0; point < kTilePoints; ++point) multiply_point(p, scratch, point, tiles.end - tiles.begin, {0, panels});
    finish_tiles(p, plan.grid, scratch.results, tiles, 0);
  });
}

void multiply_by_steps(const Threads& threads, const WinogradProduct& p, const Plan& plan, float* workspace) {
  constexpr std::int64_t kPanelsTogether = 4, kTilesPerTask = 4;
  const std::int64_t panel_blocks = ceil_div(ceil_div(p.columns, kPanelWidth), kPanelsTogether);
  const Scratch scratch = scratch_at(plan, workspace);
  for (std::int64_t begin = 0; begin < plan.grid.count; begin += plan.tiles_together) {
    const std::int64_t tiles = minimum(plan.tiles_together, plan.grid.count - begin);
    const auto for_tiles = [&](auto body) {
      parallel_blocks(threads, ceil_div(tiles, kTilesPerTask), [&](std::int64_t task) {
        const std::int64_t first = task * kTilesPerTask;
        body(Range{begin + first, begin + minimum(tiles, first + kTilesPerTask)}, first);
      });
    };
    for_tiles([&](Range run, std::int64_t first) {
      transform_images(p.x, plan.grid, p.length, p.pad_top, p.pad_left, run, scratch.pixels, first);
    });
    parallel_blocks(threads, kTilePoints * panel_blocks, [&](std::int64_t task) {
      const std::int64_t panel = task % panel_blocks * kPanelsTogether;
      multiply_point(p, scratch, task / panel_blocks, tiles, {panel, minimum(panel + kPanelsTogether, ceil_div(p.columns, kPanelWidth))});
    });
    for_tiles([&](Range run, std::int64_t first) { finish_tiles(p, plan.grid, scratch.results, run, first); });
  }
}

std::int64_t workspace_floats(const Threads& threads, const WinogradProduct& p) {
  const Plan plan(p);
  return plan.streams_filters ? threads.count() * plan.scratch_floats : plan.scratch_floats;
}

void multiply(const Threads& threads, const WinogradProduct& p, float* workspace) {
  const Plan plan(p);
  plan.streams_filters ? multiply_by_tasks(threads, p, plan, workspace) : multiply_by_steps(threads, p, plan, workspace);
}

WinogradProduct forward_product(const Conv2dShape& s, const float* x, float* y) {
  return {.x = input_view(s, x),
          .length = s.c,
          .pad_top = s.pad_top,
          .pad_left = s.pad_left,
          .images = s.n,
          .height = s.p,
          .width = s.q,
          .columns = s.k,
          .panels = nullptr,
          .epilogue = {},
          .y = y,
          .y_image_stride = s.p * s.q * s.y_pitch,
          .y_row_stride = s.q * s.y_pitch,
          .y_pixel_stride = s.y_pitch};
}

WinogradProduct data_product(const Conv2dShape& s, const float* dy, float* dx) {
  return {.x = output_view(s, dy),
          .length = s.k,
          .pad_top = s.r - 1 - s.pad_top,
          .pad_left = s.s - 1 - s.pad_left,
          .images = s.n,
          .height = s.h,
          .width = s.w,
          .columns = s.c,
          .panels = nullptr,
          .epilogue = {},
          .y = dx,
          .y_image_stride = s.h * s.w * s.x_pitch,
          .y_row_stride = s.w * s.x_pitch,
          .y_pixel_stride = s.x_pitch};
}

/// Transforms one vector of filters, taps[3][3], into the 36 panels that start `point_stride` apart.
FOVEA_SIMD_INLINE void transform_filter_vector(const Vec (&taps)[3][3], float* out, std::int64_t point_stride) {
  Vec rows[3][kTileEdge];
#pragma GCC unroll 3
  for (int r = 0; r < 3; ++r) transform_filter(taps[r], rows[r]);
#pragma GCC unroll 6
  for (int w = 0; w < kTileEdge; ++w) {
    const Vec column[3] = {rows[0][w], rows[1][w], rows[2][w]};
    Vec points[kTileEdge];
    transform_filter(column, points);
#pragma GCC unroll 6
    for (int h = 0; h < kTileEdge; ++h) store(out + (h * kTileEdge + w) * point_stride, points[h]);
  }
}

/// The panels of the data pass: [36][c / kPanelWidth][k][kPanelWidth] of the filters turned by half a turn.
void pack_turned_filter(const Threads& threads, const Conv2dShape& s, const float* filter, float* packed) {
  const std::int64_t panels = ceil_div(s.c, kPanelWidth), point_stride = panels * s.k * kPanelWidth;
  parallel_blocks(threads, s.k, [&](std::int64_t k) {
    for (std::int64_t c = 0; c < panels * kPanelWidth; c += kLanes) {
      const std::int64_t count = clamped(s.c - c, 0, kLanes);
      Vec taps[3][3];
      for (int r = 0; r < 3; ++r)
        for (int t = 0; t < 3; ++t) taps[2 - r][2 - t] = load_lanes(filter + ((k * 9 + r * 3 + t) * s.c + (count > 0 ? c : 0)), count);
      transform_filter_vector(taps, packed + (c / kPanelWidth * s.k + k) * kPanelWidth + c % kPanelWidth, point_stride);
    }
  });
}

}  // namespace

void transform_images(const ImageView<float>& x, const TileGrid& grid, std::int64_t channels, std::int64_t pad_top, std::int64_t pad_left,
                      Range tiles, const TransformedTiles& out, std::int64_t first) {
  for (std::int64_t tile = tiles.begin; tile < tiles.end; ++tile) {
    const TileGrid::Place place = grid.place(tile);
    const std::int64_t row = place.row - pad_top, column = place.column - pad_left;
    const Range rows = cells_inside(row, kTileEdge, x.height), columns = cells_inside(column, kTileEdge, x.width);
    const float* corner = x.data + (place.image * x.image_stride + row * x.row_stride + column * x.pixel_stride);
    float* target = out.data + (first + tile - tiles.begin) * out.pitch;
    const bool all_inside = rows.end - rows.begin == kTileEdge && columns.end - columns.begin == kTileEdge;
    for_vectors(0, channels, [&](std::int64_t channel, auto lanes) {
      if (all_inside)
        transform_image_vector<true>(x, corner, rows, columns, channel, lanes, target, out.point_stride());
      else
        transform_image_vector<false>(x, corner, rows, columns, channel, lanes, target, out.point_stride());
    });
  }
}

std::size_t winograd_packed_filter_bytes(const Conv2dShape& s) { return float_bytes(kTilePoints * panels_size(s.c, s.k)); }

void winograd_pack_filter(const Threads& threads, const Conv2dShape& s, const float* filter, float* packed) {
  constexpr std::int64_t kRun = 16;  // channels at a time: a cache line of every tap of every filter
  const std::int64_t panels = ceil_div(s.k, kPanelWidth), point_stride = panels * s.c * kPanelWidth;
  parallel_blocks(threads, panels * kMicroVecs, [&](std::int64_t block) {
    const std::int64_t first = block * kLanes, count = clamped(s.k - first, 0, kLanes);
    for (std::int64_t begin = 0; begin < s.c; begin += kRun) {
      const std::int64_t channels = minimum(kRun, s.c - begin);
      float turned[9][kRun][kLanes] = {};
      for (std::int64_t k = 0; k < count; ++k)
        for (std::int64_t tap = 0; tap < 9; ++tap)
          for (std::int64_t c = 0; c < channels; ++c) turned[tap][c][k] = filter[((first + k) * 9 + tap) * s.c + begin + c];
      for (std::int64_t c = 0; c < channels; ++c) {
        Vec taps[3][3];
        for (int tap = 0; tap < 9; ++tap) taps[tap / 3][tap % 3] = load(turned[tap][c]);
        transform_filter_vector(taps, packed + (first / kPanelWidth * s.c + begin + c) * kPanelWidth + first % kPanelWidth, point_stride);
      }
    }
  });
}

std::size_t winograd_workspace_bytes(const Threads& threads, const Conv2dShape& s, Conv2dPass pass) {
  switch (pass) {
    case Conv2dPass::forward:
      return float_bytes(workspace_floats(threads, forward_product(s, nullptr, nullptr)));
    case Conv2dPass::backward_data:
      return float_bytes(kTilePoints * panels_size(s.k, s.c)) + float_bytes(workspace_floats(threads, data_product(s, nullptr, nullptr)));
    case Conv2dPass::backward_filter:
      return winograd_filter_workspace_bytes(threads, s);
  }
  return 0;
}

void winograd_forward(const Threads& threads, const Conv2dShape& s, const float* x, const float* packed, const Epilogue<float>& epilogue,
                      float* y, float* workspace) {
  WinogradProduct product = forward_product(s, x, y);
  product.panels = packed;
  product.epilogue = epilogue;
  multiply(threads, product, workspace);
}

void winograd_backward_data(const Threads& threads, const Conv2dShape& s, const float* dy, const float* filter, float* dx,
                            float* workspace) {
  Slices scratch(workspace);
  float* panels = scratch.take(kTilePoints * panels_size(s.k, s.c));
  pack_turned_filter(threads, s, filter, panels);
  WinogradProduct product = data_product(s, dy, dx);
  product.panels = panels;
  multiply(threads, product, scratch.take(0));
}

}  // namespace fovea::kernels::FOVEA_ISA_NAMESPACE
