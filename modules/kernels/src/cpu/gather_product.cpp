#include "cpu/gather_product.hpp"

#include <utility>

#include "cpu/tile_epilogue.hpp"

namespace fovea::kernels::FOVEA_ISA_NAMESPACE {

namespace {

/// What stays in the second-level cache while pixels stream by: a block of panels, cut in depth where one panel alone is larger.
constexpr std::int64_t kBlockFloats = 512 * 1024 / sizeof(float);
/// Taps per cut in depth: bounds the table of row pointers.
constexpr std::int64_t kMaxTaps = 64;
/// Multiply-adds that are worth a task.
constexpr std::int64_t kTaskWork = 4 << 20;

/// One register tile: up to kMicroRows rows by one panel.
struct Tile {
  const float* const* rows;  ///< [taps][kMicroRows]
  std::int64_t offset;       ///< of the first value to read in a row
  std::int64_t taps, length;
  const float* panel;
  float* const* y;
  std::int64_t columns;
  TileEpilogue epilogue;
  bool resume;  ///< start from the partial sums in y
};

FOVEA_SIMD_INLINE std::int64_t columns_of(const Tile& tile, int v) { return minimum(kLanes, tile.columns - v * kLanes); }

template <int kRows, int kVecs>
void compute_tile(const Tile& tile) {
  Vec sum[kRows][kVecs];
#pragma GCC unroll 16
  for (int i = 0; i < kRows; ++i)
#pragma GCC unroll 16
    for (int v = 0; v < kVecs; ++v) sum[i][v] = tile.resume ? load_lanes(tile.y[i] + v * kLanes, columns_of(tile, v)) : zero();

  const float* panel = tile.panel;
  for (std::int64_t tap = 0; tap < tile.taps; ++tap) {
    const float* x[kRows];
#pragma GCC unroll 16
    for (int i = 0; i < kRows; ++i) x[i] = tile.rows[tap * kMicroRows + i] + tile.offset;
    for (std::int64_t l = 0; l < tile.length; ++l, panel += kPanelWidth) {
      Vec b[kVecs];
#pragma GCC unroll 16
      for (int v = 0; v < kVecs; ++v) b[v] = load(panel + v * kLanes);
#pragma GCC unroll 16
      for (int i = 0; i < kRows; ++i) {
        const Vec a = broadcast(x[i][l]);
#pragma GCC unroll 16
        for (int v = 0; v < kVecs; ++v) sum[i][v] = fma(a, b[v], sum[i][v]);
      }
    }
  }

#pragma GCC unroll 16
  for (int v = 0; v < kVecs; ++v) {
    const std::int64_t count = columns_of(tile, v);
#pragma GCC unroll 16
    for (int i = 0; i < kRows; ++i)
      store_lanes(tile.y[i] + v * kLanes, count, tile.epilogue.finish(sum[i][v], tile.y[i], v * kLanes, count));
  }
}

using TileFunction = void (*)(const Tile&);

template <int kVecs, class Rows>
struct TileFunctions;
template <int kVecs, int... kIndex>
struct TileFunctions<kVecs, std::integer_sequence<int, kIndex...>> {
  static constexpr TileFunction kByRows[] = {compute_tile<kIndex + 1, kVecs>...};
};

TileFunction tile_function(std::int64_t rows, std::int64_t columns) {
  using Rows = std::make_integer_sequence<int, kMicroRows>;
  static_assert(kMicroVecs == 2);
  return columns > kLanes ? TileFunctions<2, Rows>::kByRows[rows - 1] : TileFunctions<1, Rows>::kByRows[rows - 1];
}

/// A cut of the sum: some taps whole, or part of one tap.
struct Cut {
  std::int64_t first_tap, taps, offset, length;
};

/// How one product is cut. Depends on extents alone; the bits of the result do not depend on it.
struct Plan {
  explicit Plan(const GatherProduct& g)
      : taps(g.vertical.count * g.horizontal.count),
        depth(taps * g.length),
        pixels(g.images * g.height * g.width),
        panels(ceil_div(g.columns, kPanelWidth)) {
    const std::int64_t max_depth = kBlockFloats / kPanelWidth;
    tap_parts = maximum(1, ceil_div(taps, clamped(max_depth / maximum(1, g.length), 1, kMaxTaps)));
    length_parts = maximum(1, ceil_div(g.length, max_depth));
    const std::int64_t cut_depth = ceil_div(depth, tap_parts * length_parts);
    panel_blocks = ceil_div(panels, clamped(kBlockFloats / maximum(1, cut_depth * kPanelWidth), 1, panels));
    const std::int64_t pixel_work = maximum(32, depth) * kPanelWidth * ceil_div(panels, panel_blocks);
    pixel_blocks = ceil_div(pixels, round_up(maximum(8 * kMicroRows, kTaskWork / pixel_work), kMicroRows));
  }

  Cut cut(const GatherProduct& g, std::int64_t index) const {
    const Range tap_range = part_of(taps, tap_parts, index / length_parts);
    const Range run = part_of(g.length, length_parts, index % length_parts);
    return {tap_range.begin, tap_range.end - tap_range.begin, run.begin, run.end - run.begin};
  }

  std::int64_t taps, depth, pixels, panels;
  std::int64_t tap_parts, length_parts, panel_blocks, pixel_blocks;
};

/// Where the pixels of one tile read and write, for the taps of one cut.
class TileRows {
 public:
  TileRows(const GatherProduct& g, const Cut& cut) : g_(g), cut_(cut) {
    for (std::int64_t tap = 0; tap < cut.taps; ++tap) {
      const std::int64_t r = (cut.first_tap + tap) / g.horizontal.count, s = (cut.first_tap + tap) % g.horizontal.count;
      offsets_[tap] = {r * g.vertical.step, s * g.horizontal.step,
                       r * g.vertical.step * g.x.row_stride + s * g.horizontal.step * g.x.pixel_stride};
    }
  }

  /// Rows [first, first + count) of the flattened pixels of y.
  void locate(std::int64_t first, std::int64_t count) {
    std::int64_t j = first % g_.width, i = first / g_.width % g_.height, n = first / g_.width / g_.height;
    for (std::int64_t row = 0; row < count; ++row) {
      y_[row] = g_.y + n * g_.y_image_stride + i * g_.y_row_stride + j * g_.y_pixel_stride;
      locate_taps(n, g_.vertical.source(i, 0), g_.horizontal.source(j, 0), x_ + row);
      if (++j < g_.width) continue;
      j = 0;
      if (++i < g_.height) continue;
      i = 0;
      ++n;
    }
  }

  const float* const* x() const { return x_; }
  float* const* y() const { return y_; }

 private:
  struct TapOffset {
    std::int64_t rows, columns, elements;
  };

  bool in_image(std::int64_t row, std::int64_t column) const { return row >= 0 && row < g_.x.height && column >= 0 && column < g_.x.width; }

  void locate_taps(std::int64_t n, std::int64_t row, std::int64_t column, const float** x) const {
    const std::int64_t origin = n * g_.x.image_stride + row * g_.x.row_stride + column * g_.x.pixel_stride;
    const std::int64_t last_row = row + (g_.vertical.count - 1) * g_.vertical.step;
    const std::int64_t last_column = column + (g_.horizontal.count - 1) * g_.horizontal.step;
    if (in_image(row, column) && in_image(last_row, last_column)) {  // then so are all taps between
      for (std::int64_t tap = 0; tap < cut_.taps; ++tap) x[tap * kMicroRows] = g_.x.data + (origin + offsets_[tap].elements);
      return;
    }
    for (std::int64_t tap = 0; tap < cut_.taps; ++tap) {
      const TapOffset& offset = offsets_[tap];
      x[tap * kMicroRows] = in_image(row + offset.rows, column + offset.columns) ? g_.x.data + (origin + offset.elements) : g_.zeros;
    }
  }

  const GatherProduct& g_;
  const Cut& cut_;
  TapOffset offsets_[kMaxTaps];
  const float* x_[kMaxTaps * kMicroRows];
  float* y_[kMicroRows];
};

/// One task: a block of pixels times a block of panels.
void compute_block(const GatherProduct& g, const Plan& plan, Range pixels, Range panels) {
  const std::int64_t cuts = plan.tap_parts * plan.length_parts;
  std::int64_t cut_begin = 0;  // of the cut within a panel
  for (std::int64_t index = 0; index < cuts; ++index) {
    const Cut cut = plan.cut(g, index);
    const bool last = index + 1 == cuts;
    TileRows rows(g, cut);
    for (std::int64_t pixel = pixels.begin; pixel < pixels.end; pixel += kMicroRows) {
      const std::int64_t count = minimum(kMicroRows, pixels.end - pixel);
      rows.locate(pixel, count);
      for (std::int64_t panel = panels.begin; panel < panels.end; ++panel) {
        const std::int64_t column = panel * kPanelWidth, columns = minimum(kPanelWidth, g.columns - column);
        float* y[kMicroRows];
        for (std::int64_t i = 0; i < count; ++i) y[i] = rows.y()[i] + column;
        tile_function(count, columns)({.rows = rows.x(),
                                       .offset = cut.offset,
                                       .taps = cut.taps,
                                       .length = cut.length,
                                       .panel = g.panels + (panel * plan.depth + cut_begin) * kPanelWidth,
                                       .y = y,
                                       .columns = columns,
                                       .epilogue = last ? epilogue_of_columns(g.epilogue, g.y, column) : TileEpilogue{},
                                       .resume = index > 0});
      }
    }
    cut_begin += cut.taps * cut.length;
  }
}

}  // namespace

void gather_product(const Threads& threads, const GatherProduct& g) {
  if (g.images * g.height * g.width * g.columns == 0) return;
  const Plan plan(g);
  parallel_blocks(threads, plan.panel_blocks * plan.pixel_blocks, [&](std::int64_t task) {
    compute_block(g, plan, part_of(plan.pixels, plan.pixel_blocks, task % plan.pixel_blocks, kMicroRows),
                  part_of(plan.panels, plan.panel_blocks, task / plan.pixel_blocks));
  });
}

void panel_product(const PanelProduct& p) {
  for (std::int64_t row = 0; row < p.rows; row += kMicroRows) {
    const std::int64_t count = minimum(kMicroRows, p.rows - row);
    const float* a[kMicroRows];
    for (std::int64_t i = 0; i < count; ++i) a[i] = p.a + (row + i) * p.a_stride;
    for (std::int64_t column = 0; column < p.columns; column += kPanelWidth) {
      const std::int64_t columns = minimum(kPanelWidth, p.columns - column);
      float* y[kMicroRows];
      for (std::int64_t i = 0; i < count; ++i) y[i] = p.y + (row + i) * p.y_stride + column;
      tile_function(count, columns)({.rows = a,
                                     .offset = 0,
                                     .taps = 1,
                                     .length = p.length,
                                     .panel = p.panels + column * p.length,
                                     .y = y,
                                     .columns = columns,
                                     .epilogue = {},
                                     .resume = false});
    }
  }
}

void pack_panel(const float* matrix, std::int64_t stride, std::int64_t depth, std::int64_t count, float* panel) {
  for (std::int64_t l = 0; l < depth; ++l)
    for (int v = 0; v < kMicroVecs; ++v) {
      const std::int64_t valid = clamped(count - v * kLanes, 0, kLanes);
      const float* source = matrix + l * stride + (valid > 0 ? v * kLanes : 0);
      store(panel + l * kPanelWidth + v * kLanes, load_lanes(source, valid));
    }
}

void pack_panel_transposed(const float* matrix, std::int64_t stride, std::int64_t depth, std::int64_t count, float* panel) {
  constexpr std::int64_t kRun = 16;  // a cache line of every column at a time
  for (std::int64_t begin = 0; begin < depth; begin += kRun) {
    const std::int64_t end = minimum(depth, begin + kRun);
    for (std::int64_t column = 0; column < count; ++column)
      for (std::int64_t l = begin; l < end; ++l) panel[l * kPanelWidth + column] = matrix[column * stride + l];
    for (std::int64_t column = count; column < kPanelWidth; ++column)
      for (std::int64_t l = begin; l < end; ++l) panel[l * kPanelWidth + column] = 0;
  }
}

}  // namespace fovea::kernels::FOVEA_ISA_NAMESPACE
