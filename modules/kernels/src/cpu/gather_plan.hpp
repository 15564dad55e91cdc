// How a gathered product is cut, and where its rows lie: the same for all element types.
#pragma once

#include "cpu/gather_product.hpp"

namespace fovea::kernels::FOVEA_ISA_NAMESPACE {

/// What stays in the second-level cache while pixels stream by: a block of panels, cut in depth where one panel alone is larger.
inline constexpr std::int64_t kBlockWords = 512 * 1024 / sizeof(float);
/// Taps per cut in depth: bounds the table of row pointers.
inline constexpr std::int64_t kMaxTaps = 64;
/// Steps of the innermost loop, times columns, that are worth a task.
inline constexpr std::int64_t kTaskWork = 4 << 20;

/// Rows whose distance is a multiple of a page's 4 KiB fall into the same few lines of the first-level cache, where a tile's rows displace
/// each other. Of a single tap they are copied to a better distance, up to so many words each.
inline constexpr std::int64_t kCopiedWords = 512, kCopyPitch = kCopiedWords + 16;

template <class T, class Out>
constexpr bool has_clashing_rows(const GatherProduct<T, Out>& g) {
  return g.vertical.count * g.horizontal.count == 1 &&
         g.x.pixel_stride * g.horizontal.stride * static_cast<std::int64_t>(sizeof(T)) % 4096 == 0;
}

/// A cut of the sum: some taps whole, or part of one tap. Lengths in panel rows.
struct Cut {
  std::int64_t first_tap, taps, offset, length;
};

/// A product cut in depth, in panels and in pixels.
struct GatherCuts {
  /// Not cut yet. Blocks of pixels are multiples of `pixel_unit`, parts of a tap multiples of `length_unit` panel rows.
  template <class T, class Out>
  GatherCuts(const GatherProduct<T, Out>& g, std::int64_t pixels_of_unit, std::int64_t length_of_unit)
      : pixel_unit(pixels_of_unit),
        length_unit(length_of_unit),
        taps(g.vertical.count * g.horizontal.count),
        length(panel_rows<T>(g.length)),
        depth(taps * length),
        pixels(g.images * g.height * g.width),
        panels(ceil_div(g.columns, kPanelWidth)) {}

  std::int64_t cuts() const { return tap_parts * length_parts; }
  Cut cut(std::int64_t index) const {
    const Range tap_range = part_of(taps, tap_parts, index / length_parts);
    const Range run = part_of(length, length_parts, index % length_parts, length_unit);
    return {tap_range.begin, tap_range.end - tap_range.begin, run.begin, run.end - run.begin};
  }

  std::int64_t pixel_unit, length_unit;
  std::int64_t taps, length, depth, pixels, panels;
  std::int64_t tap_parts = 1, length_parts = 1, panel_blocks = 1, pixel_blocks = 1;
};

/// How one product is cut for register tiles. Depends on extents alone; the bits of the result do not depend on it.
struct GatherPlan : GatherCuts {
  template <class T, class Out>
  explicit GatherPlan(const GatherProduct<T, Out>& g) : GatherCuts(g, kMicroRows, 1) {
    const std::int64_t max_depth = has_clashing_rows(g) ? kCopiedWords : kBlockWords / kPanelWidth;
    tap_parts = maximum(1, ceil_div(taps, clamped(max_depth / maximum(1, length), 1, kMaxTaps)));
    length_parts = maximum(1, ceil_div(length, max_depth));
    const std::int64_t cut_depth = ceil_div(depth, tap_parts * length_parts);
    panel_blocks = ceil_div(panels, clamped(kBlockWords / maximum(1, cut_depth * kPanelWidth), 1, panels));
    const std::int64_t pixel_work = maximum(32, depth) * kPanelWidth * ceil_div(panels, panel_blocks);
    pixel_blocks = ceil_div(pixels, round_up(maximum(8 * kMicroRows, kTaskWork / pixel_work), kMicroRows));
  }
};

/// Where the pixels of one tile of at most kRows read and write, for the taps of one cut.
template <class T, class Out, int kRows = kMicroRows>
class TileRows {
 public:
  explicit TileRows(const GatherProduct<T, Out>& g) : g_(g) {}

  /// The taps to locate from now on.
  void use(const Cut& cut) {
    taps_ = cut.taps;
    for (std::int64_t tap = 0; tap < cut.taps; ++tap) {
      const std::int64_t r = (cut.first_tap + tap) / g_.horizontal.count, s = (cut.first_tap + tap) % g_.horizontal.count;
      offsets_[tap] = {r * g_.vertical.step, s * g_.horizontal.step,
                       r * g_.vertical.step * g_.x.row_stride + s * g_.horizontal.step * g_.x.pixel_stride};
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

  /// [taps][kRows]
  const T* const* x() const { return x_; }
  Out* const* y() const { return y_; }

 private:
  struct TapOffset {
    std::int64_t rows, columns, elements;
  };

  bool in_image(std::int64_t row, std::int64_t column) const { return row >= 0 && row < g_.x.height && column >= 0 && column < g_.x.width; }

  void locate_taps(std::int64_t n, std::int64_t row, std::int64_t column, const T** x) const {
    const std::int64_t origin = n * g_.x.image_stride + row * g_.x.row_stride + column * g_.x.pixel_stride;
    const std::int64_t last_row = row + (g_.vertical.count - 1) * g_.vertical.step;
    const std::int64_t last_column = column + (g_.horizontal.count - 1) * g_.horizontal.step;
    if (in_image(row, column) && in_image(last_row, last_column)) {  // then so are all taps between
      for (std::int64_t tap = 0; tap < taps_; ++tap) x[tap * kRows] = g_.x.data + (origin + offsets_[tap].elements);
      return;
    }
    for (std::int64_t tap = 0; tap < taps_; ++tap) {
      const TapOffset& offset = offsets_[tap];
      x[tap * kRows] = in_image(row + offset.rows, column + offset.columns) ? g_.x.data + (origin + offset.elements) : g_.zeros;
    }
  }

  const GatherProduct<T, Out>& g_;
  std::int64_t taps_ = 0;
  TapOffset offsets_[kMaxTaps];
  const T* x_[kMaxTaps * kRows];
  Out* y_[kRows];
};

/// Calls body(pixels, panels) for every block of pixels times every block of panels, in parallel.
template <class Body>
void for_gather_blocks(const Threads& threads, const GatherCuts& plan, Body body) {
  parallel_blocks(threads, plan.panel_blocks * plan.pixel_blocks, [&](std::int64_t task) {
    body(part_of(plan.pixels, plan.pixel_blocks, task % plan.pixel_blocks, plan.pixel_unit),
         part_of(plan.panels, plan.panel_blocks, task / plan.pixel_blocks));
  });
}

}  // namespace fovea::kernels::FOVEA_ISA_NAMESPACE
