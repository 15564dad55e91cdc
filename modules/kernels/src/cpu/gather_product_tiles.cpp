// The gathered product of bf16 on tile registers: 32 rows and one panel at a time, in steps of 16 pairs. A packed panel is what the tiles
// want of a right matrix. Of the left one they want 16 rows at even distances: pixels of an image row are, and are read where they lie;
// what crosses an edge of the image, or has channels that do not fill whole steps, is copied, once for all panels of a task.
#include "cpu/finished_rows.hpp"
#include "cpu/gather_plan.hpp"
#include "tiles.hpp"

namespace fovea::kernels::FOVEA_ISA_NAMESPACE {

namespace {

constexpr std::int64_t kTileRows = 16, kBlockRows = 2 * kTileRows, kStepPairs = 16, kStepValues = 2 * kStepPairs;
constexpr std::int64_t kBlockSums = kBlockRows * kPanelWidth;
static_assert(kPanelWidth == 32, "two tiles of columns are a panel");
/// Blocks that meet a panel while it is in the first-level cache, and the depth in pairs of what stays there: 40 KiB of the panel.
constexpr std::int64_t kBlocks = 2, kCutPairs = 320;
/// Panels of a task: their words stay in the second-level cache, and their sums wait there from cut to cut.
constexpr std::int64_t kMaxPanels = 8, kMaxPanelWords = 1024 * 1024 / sizeof(std::uint32_t);
/// Pairs times columns that are worth a task: some 20 microseconds.
constexpr std::int64_t kTilesWork = 32 << 20;

/// How one product is cut. Depends on extents alone; of them, the cuts in depth depend on the taps' alone.
struct TilePlan : GatherCuts {
  template <class Out>
  explicit TilePlan(const GatherProduct<bf16, Out>& g) : GatherCuts(g, kBlocks * kBlockRows, kStepPairs) {
    tap_parts = maximum(1, ceil_div(taps, clamped(kCutPairs / maximum(1, length), 1, kMaxTaps)));
    length_parts = maximum(1, ceil_div(ceil_div(length, kStepPairs), kCutPairs / kStepPairs));
    panel_blocks = ceil_div(panels, clamped(kMaxPanelWords / maximum(1, depth * kPanelWidth), 1, kMaxPanels));
    const std::int64_t pixel_work = maximum(32, depth) * kPanelWidth * ceil_div(panels, panel_blocks);
    pixel_blocks = ceil_div(pixels, round_up(maximum(1, kTilesWork / pixel_work), pixel_unit));
  }
};

/// 16 rows of the left matrix, for one cut of the sum.
template <class Out>
class RowTile {
 public:
  /// 16 rows at even distances, `steps()` steps long.
  struct Run {
    const bf16* first;
    std::int64_t stride;
  };

  explicit RowTile(const GatherProduct<bf16, Out>& g) : g_(g), rows_(g), in_whole_steps_(g.length % kStepValues == 0) {}

  /// Rows [first, first + count) of the flattened pixels of y, count <= 16; the others are zero.
  void locate(const Cut& cut, std::int64_t first, std::int64_t count) {
    rows_.use(cut);
    rows_.locate(first, count);
    if (cut.length == 0) return use_nothing();
    if (!in_whole_steps_) return copy_rows(cut, count);
    runs_count_ = cut.taps;
    steps_ = cut.length / kStepPairs;
    const bool in_one_line = count == kTileRows && first % g_.width + kTileRows <= g_.width;
    for (std::int64_t tap = 0; tap < cut.taps; ++tap) {
      const bf16* const* x = rows_.x() + tap * kTileRows;
      runs_[tap] = is_even(x, in_one_line, count) ? Run{x[0] + 2 * cut.offset, x[1] - x[0]} : copied_tap(cut, tap, count);
    }
  }

  std::int64_t runs_count() const { return runs_count_; }
  std::int64_t steps() const { return steps_; }
  const Run& run(std::int64_t index) const { return runs_[index]; }
  Out* const* y() const { return rows_.y(); }

 private:
  /// Without channels there is nothing to add, and nothing to read.
  void use_nothing() { runs_count_ = 0; }

  /// Pixels between two that lie in the image do as well, if all are of one line.
  bool is_even(const bf16* const* x, bool in_one_line, std::int64_t count) const {
    if (in_one_line) return x[0] != g_.zeros && x[kTileRows - 1] != g_.zeros;
    if (count < kTileRows) return false;
    for (std::int64_t i = 2; i < kTileRows; ++i)
      if (x[i] - x[i - 1] != x[1] - x[0]) return false;
    return true;
  }

  Run copied_tap(const Cut& cut, std::int64_t tap, std::int64_t count) {
    const std::int64_t length = 2 * cut.length;
    bf16* const copy = copy_ + tap * kTileRows * length;
    for (std::int64_t i = 0; i < kTileRows; ++i) {
      if (i < count)
        __builtin_memcpy(copy + i * length, rows_.x()[tap * kTileRows + i] + 2 * cut.offset,
                         static_cast<std::size_t>(length) * sizeof(bf16));
      else
        __builtin_memset(copy + i * length, 0, static_cast<std::size_t>(length) * sizeof(bf16));
    }
    return {copy, length};
  }

  /// All taps of a row one after the other, filled up with zeros to whole pairs and to whole steps.
  void copy_rows(const Cut& cut, std::int64_t count) {
    const std::int64_t width = round_up(2 * cut.taps * cut.length, kStepValues);
    const std::int64_t values = minimum(2 * cut.length, g_.length - 2 * cut.offset);
    __builtin_memset(copy_, 0, static_cast<std::size_t>(kTileRows * width) * sizeof(bf16));
    for (std::int64_t i = 0; i < count; ++i)
      for (std::int64_t tap = 0; tap < cut.taps; ++tap)
        __builtin_memcpy(copy_ + i * width + tap * 2 * cut.length, rows_.x()[tap * kTileRows + i] + 2 * cut.offset,
                         static_cast<std::size_t>(values) * sizeof(bf16));
    runs_count_ = 1;
    steps_ = width / kStepValues;
    runs_[0] = {copy_, width};
  }

  const GatherProduct<bf16, Out>& g_;
  TileRows<bf16, Out, kTileRows> rows_;
  bool in_whole_steps_;
  std::int64_t runs_count_ = 0, steps_ = 0;
  Run runs_[kMaxTaps];
  alignas(64) bf16 copy_[kTileRows * 2 * kCutPairs];
};

/// The rows of a panel in one cut. Those behind the last whole step are copied, as a step reads 16.
class PanelCut {
 public:
  PanelCut(const std::uint32_t* words, std::int64_t depth) : words_(words), whole_steps_(depth / kStepPairs) {
    const std::int64_t rest = depth % kStepPairs;
    if (rest == 0) return;
    constexpr std::int64_t kRowBytes = kPanelWidth * sizeof(std::uint32_t);
    __builtin_memcpy(last_, words + whole_steps_ * kStepPairs * kPanelWidth, static_cast<std::size_t>(rest * kRowBytes));
    __builtin_memset(last_ + rest * kPanelWidth, 0, static_cast<std::size_t>((kStepPairs - rest) * kRowBytes));
  }

  const std::uint32_t* step(std::int64_t index) const { return index < whole_steps_ ? words_ + index * kStepPairs * kPanelWidth : last_; }

 private:
  const std::uint32_t* words_;
  std::int64_t whole_steps_;
  alignas(64) std::uint32_t last_[kStepPairs * kPanelWidth];
};

template <class Out>
void add_products(Tiles& tiles, const RowTile<Out>& upper, const RowTile<Out>& lower, const PanelCut& panel) {
  std::int64_t step = 0;
  for (std::int64_t index = 0; index < upper.runs_count(); ++index) {
    const auto &a = upper.run(index), &b = lower.run(index);
    for (std::int64_t i = 0; i < upper.steps(); ++i, ++step)
      tiles.accumulate(a.first + i * kStepValues, a.stride, b.first + i * kStepValues, b.stride, panel.step(step), kPanelWidth);
  }
}

/// One task: a block of pixels times a block of panels, some pixels at a time.
template <class Out>
class BlockProduct {
 public:
  BlockProduct(const GatherProduct<bf16, Out>& g, const TilePlan& plan)
      : g_(g), plan_(plan), rows_{RowTile<Out>(g), RowTile<Out>(g), RowTile<Out>(g), RowTile<Out>(g)} {}

  void run(Range pixels, Range panels) {
    for (std::int64_t pixel = pixels.begin; pixel < pixels.end; pixel += kBlocks * kBlockRows)
      compute(pixel, minimum(kBlocks * kBlockRows, pixels.end - pixel), panels);
  }

 private:
  void compute(std::int64_t pixel, std::int64_t count, Range panels) {
    std::int64_t first_row = 0;  // of the cut, in its panel
    for (std::int64_t index = 0; index < plan_.cuts(); ++index) {
      const Cut cut = plan_.cut(index);
      for (std::int64_t i = 0; i < 2 * ceil_div(count, kBlockRows); ++i)
        rows_[i].locate(cut, pixel + i * kTileRows, clamped(count - i * kTileRows, 0, kTileRows));
      for (std::int64_t panel = panels.begin; panel < panels.end; ++panel) {
        const PanelCut words(g_.panels + (panel * plan_.depth + first_row) * kPanelWidth, cut.taps * cut.length);
        for (std::int64_t block = 0; block * kBlockRows < count; ++block) {
          float* const sums = sums_ + ((panel - panels.begin) * kBlocks + block) * kBlockSums;
          if (index == 0)
            tiles_.clear();
          else
            tiles_.load(sums, kPanelWidth);
          add_products(tiles_, rows_[2 * block], rows_[2 * block + 1], words);
          tiles_.store(sums, kPanelWidth);
          if (index + 1 == plan_.cuts()) finish(sums, block, count, panel * kPanelWidth);
        }
      }
      first_row += cut.taps * cut.length;
    }
  }

  void finish(const float* sums, std::int64_t block, std::int64_t count, std::int64_t column) const {
    for (std::int64_t half = 0; half < 2; ++half)
      store_finished(g_, sums + half * kTileRows * kPanelWidth, rows_[2 * block + half].y(),
                     clamped(count - (2 * block + half) * kTileRows, 0, kTileRows), column);
  }

  const GatherProduct<bf16, Out>& g_;
  const TilePlan& plan_;
  Tiles tiles_;
  RowTile<Out> rows_[2 * kBlocks];
  alignas(64) float sums_[kMaxPanels * kBlocks * kBlockSums];
};

template <class Out>
void run(const Threads& threads, const GatherProduct<bf16, Out>& g) {
  if (g.images * g.height * g.width * g.columns == 0) return;
  const TilePlan plan(g);
  for_gather_blocks(threads, plan, [&](Range pixels, Range panels) { BlockProduct<Out>(g, plan).run(pixels, panels); });
}

}  // namespace

void gather_product(const Threads& threads, const GatherProduct<bf16>& g) { run(threads, g); }
void gather_product(const Threads& threads, const GatherProduct<bf16, float>& g) { run(threads, g); }

}  // namespace fovea::kernels::FOVEA_ISA_NAMESPACE
