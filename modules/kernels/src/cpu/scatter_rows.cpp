#include "cpu/scatter_rows.hpp"

#include "cpu/gather_product.hpp"
#include "cpu/padded_rows.hpp"
#include "cpu/vector_loops.hpp"

namespace fovea::kernels::FOVEA_ISA_NAMESPACE {

namespace {

/// Output pixels whose shares are computed together.
constexpr std::int64_t kPixels = 4 * kMicroRows;

/// A share: r rows of s * c values.
constexpr std::int64_t share_size(const Conv2dShape& s) { return s.r * s.s * s.c; }
constexpr std::int64_t share_pitch(const Conv2dShape& s) { return round_up(share_size(s), 16); }

/// Output rows that a task works on, with the input rows they reach in a padded strip of its own: strips overlap and are added in order.
struct Strips {
  explicit Strips(const Conv2dShape& s) : view(padded_view<float>(s, nullptr)) {
    rows = clamped(ceil_div(s.p, 4), 1, maximum(1, s.p));
    per_image = ceil_div(s.p, rows);
    height = (rows - 1) * s.stride_h + (s.r - 1) * s.dilation_h + 1;
    size = round_up(height * view.row_stride, 16);
  }

  ImageView<float> view;
  std::int64_t rows, per_image;
  std::int64_t height, size;  ///< of the padded strip: rows, and floats
};

/// Adds the shares of `count` output pixels of row `row` (within the strip), from column `first` on.
void add_shares(const Conv2dShape& s, const Strips& strips, const float* shares, std::int64_t row, std::int64_t first, std::int64_t count,
                float* strip) {
  const std::int64_t run = s.s * s.c;
  for (std::int64_t r = 0; r < s.r; ++r) {
    float* line = strip + (row * s.stride_h + r * s.dilation_h) * strips.view.row_stride;
    for (std::int64_t p = 0; p < count; ++p) {
      float* target = line + (first + p) * s.stride_w * s.c;
      const float* share = shares + p * share_pitch(s) + r * run;
      for_vectors(0, run, [&](std::int64_t l, auto lanes) { lanes.store(target + l, add(lanes.load(target + l), lanes.load(share + l))); });
    }
  }
}

void compute_strip(const Conv2dShape& s, const Strips& strips, const float* panels, const float* dy, std::int64_t index, float* shares,
                   float* strip) {
  const std::int64_t n = index / strips.per_image, begin = index % strips.per_image * strips.rows;
  for (std::int64_t l = 0; l < strips.size; ++l) strip[l] = 0;
  for (std::int64_t i = begin; i < minimum(s.p, begin + strips.rows); ++i)
    for (std::int64_t j = 0; j < s.q; j += kPixels) {
      const std::int64_t count = minimum(kPixels, s.q - j);
      panel_product({.a = dy + ((n * s.p + i) * s.q + j) * s.y_pitch,
                     .a_stride = s.y_pitch,
                     .rows = count,
                     .length = s.k,
                     .panels = panels,
                     .columns = share_size(s),
                     .y = shares,
                     .y_stride = share_pitch(s)});
      add_shares(s, strips, shares, i - begin, j, count, strip);
    }
}

/// Row `row` of dx: the sum of the strips that reach it, in order.
void add_strips(const Conv2dShape& s, const Strips& strips, const float* all, std::int64_t n, std::int64_t row, float* dx) {
  float* target = dx + (n * s.h + row) * s.w * s.x_pitch;
  for (std::int64_t j = 0; j < s.w; ++j)
    for (std::int64_t c = 0; c < s.c; ++c) target[j * s.x_pitch + c] = 0;
  const std::int64_t columns = minimum(s.w, strips.view.width - s.pad_left);
  for (std::int64_t strip = 0; strip < strips.per_image; ++strip) {
    const std::int64_t line = row + s.pad_top - strip * strips.rows * s.stride_h;
    if (line < 0 || line >= strips.height) continue;
    const float* source = all + (n * strips.per_image + strip) * strips.size + line * strips.view.row_stride;
    for (std::int64_t j = maximum(0, -s.pad_left); j < columns; ++j)
      for (std::int64_t c = 0; c < s.c; ++c) target[j * s.x_pitch + c] += source[(j + s.pad_left) * s.c + c];
  }
}

}  // namespace

bool scatters_rows(const Conv2dShape& s) { return reads_padded_rows(s) && 4 * s.c <= kPanelWidth && s.k >= 8 && s.p > 0 && s.q > 0; }

std::size_t scatter_rows_workspace_bytes(const Threads& threads, const Conv2dShape& s) {
  const Strips strips(s);
  return float_bytes(panels_size(s.k, share_size(s))) + float_bytes(threads.count() * kPixels * share_pitch(s)) +
         float_bytes(s.n * strips.per_image * strips.size);
}

void scatter_rows_backward_data(const Threads& threads, const Conv2dShape& s, const float* dy, const float* filter, float* dx,
                                float* workspace) {
  const Strips strips(s);
  Slices scratch(workspace);
  float* panels = scratch.take(panels_size(s.k, share_size(s)));
  float* shares = scratch.take(threads.count() * kPixels * share_pitch(s));
  float* all = scratch.take(s.n * strips.per_image * strips.size);
  for (std::int64_t column = 0; column < share_size(s); column += kPanelWidth)
    pack_panel(filter + column, share_size(s), s.k, minimum(kPanelWidth, share_size(s) - column), panels + column * s.k);
  parallel_slots(threads, s.n * strips.per_image, [&](std::int64_t index, int slot) {
    compute_strip(s, strips, panels, dy, index, shares + slot * kPixels * share_pitch(s), all + index * strips.size);
  });
  parallel_blocks(threads, s.n * s.h, [&](std::int64_t line) { add_strips(s, strips, all, line / s.h, line % s.h, dx); });
}

}  // namespace fovea::kernels::FOVEA_ISA_NAMESPACE
