// The matrix product through the convolution's kernels: a plain product gathers with one tap, a^T b is a sum over "pixels".
#include "cpu/gather_product.hpp"
#include "cpu/outer_product.hpp"
#include "cpu/tile_epilogue.hpp"

namespace fovea::kernels::FOVEA_ISA_NAMESPACE {

namespace {

constexpr TapAxis kOneTap{1, 0, 1, 1};

/// Both operands of a^T b can be read where they lie: row l of each is what "pixel" l contributes.
bool is_outer_product(const MatmulShape& s) { return s.transpose_a && !s.transpose_b; }

OuterProduct outer(const MatmulShape& s, const float* a, const float* b, float* y) {
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

void apply_epilogue(const Threads& threads, const MatmulShape& s, const Epilogue<float>& epilogue, float* y) {
  const TileEpilogue finish = epilogue_of_columns(epilogue, y, 0);
  parallel_blocks(threads, s.m, [&](std::int64_t i) {
    float* row = y + i * s.y_stride;
    for (std::int64_t j = 0; j < s.n; j += kLanes) {
      const std::int64_t count = minimum(kLanes, s.n - j);
      store_lanes(row + j, count, finish.finish(load_lanes(row + j, count), row, j, count));
    }
  });
}

/// a, dense: the copy of a transposed left matrix.
void transpose(const Threads& threads, const MatmulShape& s, const float* a, float* copy) {
  parallel_blocks(threads, s.m, [&](std::int64_t i) {
    for (std::int64_t l = 0; l < s.k; ++l) copy[i * s.k + l] = a[l * s.a_stride + i];
  });
}

}  // namespace

std::size_t matmul_workspace_bytes(const MatmulShape& s) {
  if (is_outer_product(s)) return float_bytes(outer_product_workspace(outer(s, nullptr, nullptr, nullptr)));
  return float_bytes(panels_size(s.k, s.n)) + (s.transpose_a ? float_bytes(s.m * s.k) : 0);
}

void matmul_forward(Context& context, const MatmulShape& s, const float* a, const float* b, const Epilogue<float>& epilogue, float* y,
                    void* workspace) {
  const Threads& threads = context.threads();
  if (is_outer_product(s)) {
    outer_product(threads, outer(s, a, b, y), static_cast<float*>(workspace));
    return apply_epilogue(threads, s, epilogue, y);
  }
  Slices scratch(workspace);
  float* panels = scratch.take(panels_size(s.k, s.n));
  parallel_blocks(threads, ceil_div(s.n, kPanelWidth), [&](std::int64_t block) {
    const std::int64_t column = block * kPanelWidth, count = minimum(kPanelWidth, s.n - column);
    float* panel = panels + column * s.k;
    if (s.transpose_b)
      pack_panel_transposed(b + column * s.b_stride, s.b_stride, s.k, count, panel);
    else
      pack_panel(b + column, s.b_stride, s.k, count, panel);
  });
  std::int64_t a_stride = s.a_stride;
  if (s.transpose_a) {
    float* copy = scratch.take(s.m * s.k);
    transpose(threads, s, a, copy);
    a = copy;
    a_stride = s.k;
  }
  gather_product(threads, {.x = {a, 1, s.m, 0, 0, a_stride},
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
