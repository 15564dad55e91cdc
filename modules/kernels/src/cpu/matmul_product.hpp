// The matrix product through the convolution's kernels, for both element types: a plain product gathers with one tap, a^T b is a sum over
// "pixels".
#pragma once

#include "cpu/gather_product.hpp"
#include "cpu/outer_product.hpp"
#include "cpu/tile_epilogue.hpp"

namespace fovea::kernels::FOVEA_ISA_NAMESPACE {

inline constexpr TapAxis kOneTap{1, 0, 1, 1};

/// Both operands of a^T b can be read where they lie: row l of each is what "pixel" l contributes. Not if rows are a multiple of 512
/// elements apart, where those that are read together displace each other from the caches.
constexpr bool is_outer_product(const MatmulShape& s) {
  const auto clashes = [](std::int64_t stride) { return stride % 512 == 0; };
  return s.transpose_a && !s.transpose_b && !clashes(s.a_stride) && !clashes(s.b_stride);
}

template <class T>
OuterProduct<T> outer_product_of(const MatmulShape& s, const T* a, const T* b, float* y) {
  return {.source = {a, 1, s.k, 0, 0, s.a_stride},
          .target = {b, 1, s.k, 0, 0, s.b_stride},
          .images = 1,
          .vertical = kOneTap,
          .horizontal = kOneTap,
          .rows_from_source = true,
          .rows = s.m,
          .columns = s.n,
          .y = y,
          .row_stride = s.y_stride,
          .tap_stride = 0};
}

static inline void apply_epilogue(const Threads& threads, const MatmulShape& s, const Epilogue<float>& epilogue, float* y) {
  const TileEpilogue<float> tile = epilogue_of_columns(epilogue, y, 0);
  parallel_blocks(threads, s.m, [&](std::int64_t i) {
    float* row = y + i * s.y_stride;
    for (std::int64_t j = 0; j < s.n; j += kLanes) {
      const std::int64_t count = minimum(kLanes, s.n - j);
      store_lanes(row + j, count, tile.finish(load_lanes(row + j, count), row, j, count));
    }
  });
}

/// a, dense: the copy of a transposed left matrix.
template <class T>
void transpose_left(const Threads& threads, const MatmulShape& s, const T* a, T* copy) {
  constexpr std::int64_t kBlock = 16;  // a cache line of either matrix
  parallel_blocks(threads, ceil_div(s.m, kBlock), [&](std::int64_t block) {
    const std::int64_t begin = block * kBlock, end = minimum(s.m, begin + kBlock);
    for (std::int64_t first = 0; first < s.k; first += kBlock)
      for (std::int64_t i = begin; i < end; ++i)
        for (std::int64_t l = first; l < minimum(s.k, first + kBlock); ++l) copy[i * s.k + l] = a[l * s.a_stride + i];
  });
}

template <class T>
std::size_t matmul_product_workspace(const Threads& threads, const MatmulShape& s) {
  if (is_outer_product(s)) return float_bytes(outer_product_workspace(threads, outer_product_of<T>(s, nullptr, nullptr, nullptr)));
  return float_bytes(panels_size(panel_rows<T>(s.k), s.n)) + (s.transpose_a ? float_bytes(s.m * s.k) : 0);
}

template <class T>
void matmul_product(const Threads& threads, const MatmulShape& s, const T* a, const T* b, const Epilogue<float>& epilogue, float* y,
                    void* workspace) {
  if (is_outer_product(s)) {
    outer_product(threads, outer_product_of(s, a, b, y), static_cast<float*>(workspace));
    return apply_epilogue(threads, s, epilogue, y);
  }
  Slices scratch(workspace);
  const std::int64_t rows = panel_rows<T>(s.k);
  auto* panels = reinterpret_cast<PanelWord<T>*>(scratch.take(panels_size(rows, s.n)));
  parallel_blocks(threads, ceil_div(s.n, kPanelWidth), [&](std::int64_t block) {
    const std::int64_t column = block * kPanelWidth, count = minimum(kPanelWidth, s.n - column);
    PanelWord<T>* panel = panels + column * rows;
    if (s.transpose_b)
      pack_panel_transposed(b + column * s.b_stride, s.b_stride, s.k, count, panel);
    else
      pack_panel(b + column, s.b_stride, s.k, count, panel);
  });
  std::int64_t a_stride = s.a_stride;
  if (s.transpose_a) {
    T* copy = scratch.take<T>(s.m * s.k);
    transpose_left(threads, s, a, copy);
    a = copy;
    a_stride = s.k;
  }
  gather_product(threads, GatherProduct<T, float>{.x = {a, 1, s.m, 0, 0, a_stride},
                                                  .vertical = kOneTap,
                                                  .horizontal = kOneTap,
                                                  .length = s.k,
                                                  .zeros = nullptr,
                                                  .images = 1,
                                                  .height = 1,
                                                  .width = s.m,
                                                  .columns = s.n,
                                                  .panels = panels,
                                                  .epilogue = epilogue,
                                                  .y = y,
                                                  .y_image_stride = 0,
                                                  .y_row_stride = 0,
                                                  .y_pixel_stride = s.y_stride});
}

}  // namespace fovea::kernels::FOVEA_ISA_NAMESPACE
