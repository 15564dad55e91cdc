// The gathered product of bf16: pairs of neighbouring channels are multiplied at a time, sums are f32 and are rounded once, at the end.
#include "cpu/finished_rows.hpp"
#include "cpu/gather_plan.hpp"
#include "cpu/pairs.hpp"
#include "cpu/register_tiles.hpp"
#include "dot.hpp"

namespace fovea::kernels::FOVEA_ISA_NAMESPACE {

namespace {

/// One register tile: up to kMicroRows rows by one panel.
struct Tile {
  const bf16* const* rows;  ///< [taps][kMicroRows]
  std::int64_t offset;      ///< of the first value to read in a row
  std::int64_t taps, pairs;
  bool odd;  ///< one more value behind the pairs
  const std::uint32_t* panel;
  float* sums;  ///< [kMicroRows][kPanelWidth]
  bool resume;  ///< start from the sums
};

template <int kRows, int kVecs>
void compute_tile(const Tile& tile) {
  Vec sum[kRows][kVecs];
#pragma GCC unroll 16
  for (int i = 0; i < kRows; ++i)
#pragma GCC unroll 16
    for (int v = 0; v < kVecs; ++v) sum[i][v] = tile.resume ? load(tile.sums + i * kPanelWidth + v * kLanes) : zero();

  const std::uint32_t* panel = tile.panel;
  for (std::int64_t tap = 0; tap < tile.taps; ++tap) {
    const bf16* x[kRows];
#pragma GCC unroll 16
    for (int i = 0; i < kRows; ++i) x[i] = tile.rows[tap * kMicroRows + i] + tile.offset;
    const auto add_products = [&](auto left) __attribute__((always_inline)) {
      Words b[kVecs];
#pragma GCC unroll 16
      for (int v = 0; v < kVecs; ++v) b[v] = load_words(panel + v * kLanes);
      panel += kPanelWidth;
#pragma GCC unroll 16
      for (int i = 0; i < kRows; ++i) {
        const Words a = left(i);
#pragma GCC unroll 16
        for (int v = 0; v < kVecs; ++v) sum[i][v] = dot_pairs(a, b[v], sum[i][v]);
      }
    };
    for (std::int64_t pair = 0; pair < tile.pairs; ++pair)
      add_products([&](int i) __attribute__((always_inline)) { return broadcast_pair(x[i] + 2 * pair); });
    if (tile.odd) add_products([&](int i) __attribute__((always_inline)) { return broadcast_single(x[i] + 2 * tile.pairs); });
  }

#pragma GCC unroll 16
  for (int i = 0; i < kRows; ++i)
#pragma GCC unroll 16
    for (int v = 0; v < kVecs; ++v) store(tile.sums + i * kPanelWidth + v * kLanes, sum[i][v]);
}

struct Tiles {
  using Function = void (*)(const Tile&);
  template <int kRows, int kVecs>
  static constexpr Function kCompute = compute_tile<kRows, kVecs>;
};

/// One task: a block of pixels times a block of panels. Sums of a tile wait beside it until its last cut is done.
template <class Out>
void compute_block(const GatherProduct<bf16, Out>& g, const GatherPlan& plan, Range pixels, Range panels) {
  alignas(64) float sums[kMicroRows * kPanelWidth];
  TileRows rows(g);
  rows.use(plan.cut(0));
  for (std::int64_t pixel = pixels.begin; pixel < pixels.end; pixel += kMicroRows) {
    const std::int64_t count = minimum(kMicroRows, pixels.end - pixel);
    rows.locate(pixel, count);
    for (std::int64_t panel = panels.begin; panel < panels.end; ++panel) {
      const std::int64_t column = panel * kPanelWidth, columns = minimum(kPanelWidth, g.columns - column);
      const auto compute = tile_function<Tiles>(count, columns);
      const std::uint32_t* words = g.panels + panel * plan.depth * kPanelWidth;
      for (std::int64_t index = 0; index < plan.cuts(); ++index) {
        const Cut cut = plan.cut(index);
        if (plan.cuts() > 1) {
          rows.use(cut);
          rows.locate(pixel, count);
        }
        const bool odd = g.length % 2 != 0 && cut.offset + cut.length == plan.length;
        compute({.rows = rows.x(),
                 .offset = 2 * cut.offset,
                 .taps = cut.taps,
                 .pairs = cut.length - (odd ? 1 : 0),
                 .odd = odd,
                 .panel = words,
                 .sums = sums,
                 .resume = index > 0});
        words += cut.taps * cut.length * kPanelWidth;
      }
      store_finished(g, sums, rows.y(), count, column);
    }
  }
}

template <class Out>
void run(const Threads& threads, const GatherProduct<bf16, Out>& g) {
  if (g.images * g.height * g.width * g.columns == 0) return;
  const GatherPlan plan(g);
  for_gather_blocks(threads, plan, [&](Range pixels, Range panels) { compute_block(g, plan, pixels, panels); });
}

}  // namespace

void gather_product(const Threads& threads, const GatherProduct<bf16>& g) { run(threads, g); }
void gather_product(const Threads& threads, const GatherProduct<bf16, float>& g) { run(threads, g); }

}  // namespace fovea::kernels::FOVEA_ISA_NAMESPACE
