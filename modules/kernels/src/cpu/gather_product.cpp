#include "cpu/gather_plan.hpp"

#include "cpu/register_tiles.hpp"
#include "cpu/streaming.hpp"
#include "cpu/tile_epilogue.hpp"

namespace fovea::kernels::FOVEA_ISA_NAMESPACE {

namespace {

/// One register tile: up to kMicroRows rows by one panel.
struct Tile {
  const float* const* rows;  ///< [taps][kMicroRows]
  std::int64_t offset;       ///< of the first value to read in a row
  std::int64_t taps, length;
  const float* panel;
  float* const* y;
  std::int64_t columns;
  TileEpilogue<float> epilogue;
  bool resume;  ///< start from the partial sums in y
  bool streams;
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
      store_result(tile.y[i] + v * kLanes, count, tile.epilogue.finish(sum[i][v], tile.y[i], v * kLanes, count), tile.streams);
  }
}

struct Tiles {
  using Function = void (*)(const Tile&);
  template <int kRows, int kVecs>
  static constexpr Function kCompute = compute_tile<kRows, kVecs>;
};

/// The rows of one tile, copied to addresses that do not clash.
class CopiedRows {
 public:
  void copy(const float* const* rows, std::int64_t offset, std::int64_t count, std::int64_t length) {
    for (std::int64_t i = 0; i < count; ++i) {
      float* to = values_ + i * kCopyPitch;
      for_vectors(0, length, [&](std::int64_t l, auto lanes) { lanes.store(to + l, lanes.load(rows[i] + offset + l)); });
      rows_[i] = to;
    }
  }
  const float* const* rows() const { return rows_; }

 private:
  alignas(64) float values_[kMicroRows * kCopyPitch];
  const float* rows_[kMicroRows];
};

/// One task: a block of pixels times a block of panels. Partial sums wait in y.
void compute_block(const GatherProduct<float>& g, const GatherPlan& plan, Range pixels, Range panels) {
  TileRows rows(g);
  CopiedRows copied;
  const bool copies = has_clashing_rows(g) && panels.end - panels.begin > 1;
  const bool streams = plan.cuts() == 1 && is_streamed(g.y, plan.pixels, g.columns, g.y_pixel_stride);
  std::int64_t cut_begin = 0;  // of the cut within a panel
  for (std::int64_t index = 0; index < plan.cuts(); ++index) {
    const Cut cut = plan.cut(index);
    const bool last = index + 1 == plan.cuts();
    rows.use(cut);
    for (std::int64_t pixel = pixels.begin; pixel < pixels.end; pixel += kMicroRows) {
      const std::int64_t count = minimum(kMicroRows, pixels.end - pixel);
      rows.locate(pixel, count);
      if (copies) copied.copy(rows.x(), cut.offset, count, cut.length);
      for (std::int64_t panel = panels.begin; panel < panels.end; ++panel) {
        const std::int64_t column = panel * kPanelWidth, columns = minimum(kPanelWidth, g.columns - column);
        float* y[kMicroRows];
        for (std::int64_t i = 0; i < count; ++i) y[i] = rows.y()[i] + column;
        tile_function<Tiles>(count, columns)({.rows = copies ? copied.rows() : rows.x(),
                                              .offset = copies ? 0 : cut.offset,
                                              .taps = cut.taps,
                                              .length = cut.length,
                                              .panel = g.panels + (panel * plan.depth + cut_begin) * kPanelWidth,
                                              .y = y,
                                              .columns = columns,
                                              .epilogue = last ? epilogue_of_columns(g.epilogue, g.y, column) : TileEpilogue<float>{},
                                              .resume = index > 0,
                                              .streams = streams});
      }
    }
    cut_begin += cut.taps * cut.length;
  }
  if (streams) stream_fence();
}

}  // namespace

void gather_product(const Threads& threads, const GatherProduct<float>& g) {
  if (g.images * g.height * g.width * g.columns == 0) return;
  const GatherPlan plan(g);
  for_gather_blocks(threads, plan, [&](Range pixels, Range panels) { compute_block(g, plan, pixels, panels); });
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
      tile_function<Tiles>(count, columns)({.rows = a,
                                            .offset = 0,
                                            .taps = 1,
                                            .length = p.length,
                                            .panel = p.panels + column * p.length,
                                            .y = y,
                                            .columns = columns,
                                            .epilogue = {},
                                            .resume = false,
                                            .streams = false});
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
