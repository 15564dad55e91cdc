// The direct algorithms: matrix products over the activations where they lie (gather_product.hpp, outer_product.hpp), for both element
// types. Filters are f32; for bf16 activations they are rounded when they are packed.
#pragma once

#include "cpu/conv2d_geometry.hpp"
#include "cpu/gather_product.hpp"
#include "cpu/outer_product.hpp"
#include "cpu/padded_rows.hpp"

namespace fovea::kernels::FOVEA_ISA_NAMESPACE {

constexpr const char* direct_kernel_name(const Conv2dShape& s, Conv2dPass pass) {
  return reads_padded_rows(s) && pass != Conv2dPass::backward_data ? "padded_rows" : "direct";
}

/// What the forward pass reads per tap, and how many taps it sees: whole filter rows over padded images, else single cells.
constexpr std::int64_t values_per_tap(const Conv2dShape& s) { return reads_padded_rows(s) ? s.s * s.c : channels_per_group(s); }
constexpr std::int64_t taps_seen(const Conv2dShape& s) { return reads_padded_rows(s) ? s.r : filter_taps(s); }

template <class T>
constexpr std::int64_t group_panels_size(const Conv2dShape& s) {
  return panels_size(taps_seen(s) * panel_rows<T>(values_per_tap(s)), outputs_per_group(s));
}

template <class T>
std::size_t direct_packed_filter_bytes(const Conv2dShape& s) {
  return float_bytes(s.groups * group_panels_size<T>(s));
}

template <class T>
void direct_pack_filter(const Threads& threads, const Conv2dShape& s, const float* filter, PanelWord<T>* panels) {
  const std::int64_t outputs = outputs_per_group(s), length = values_per_tap(s), taps = taps_seen(s), rows = panel_rows<T>(length);
  const std::int64_t group_panels = ceil_div(outputs, kPanelWidth);
  parallel_blocks(threads, s.groups * group_panels, [&](std::int64_t block) {
    const std::int64_t column = block % group_panels * kPanelWidth, first = block / group_panels * outputs + column;
    for (std::int64_t tap = 0; tap < taps; ++tap)
      pack_panel_transposed(filter + (first * taps + tap) * length, taps * length, length, minimum(kPanelWidth, outputs - column),
                            panels + (block * taps + tap) * rows * kPanelWidth);
  });
}

/// The transposed panels of one phase of the data pass: [c / kPanelWidth][taps][k][kPanelWidth].
template <class T>
void pack_phase(const Threads& threads, const Conv2dShape& s, const Phase& vertical, const Phase& horizontal, const float* filter,
                PanelWord<T>* panels) {
  const std::int64_t channels = channels_per_group(s), outputs = outputs_per_group(s), taps = vertical.axis.count * horizontal.axis.count;
  parallel_blocks(threads, ceil_div(channels, kPanelWidth) * taps, [&](std::int64_t block) {
    const std::int64_t column = block / taps * kPanelWidth, tap = block % taps;
    const std::int64_t r = vertical.first_tap + tap / horizontal.axis.count * vertical.tap_step;
    const std::int64_t t = horizontal.first_tap + tap % horizontal.axis.count * horizontal.tap_step;
    pack_panel(filter + (r * s.s + t) * channels + column, filter_taps(s) * channels, outputs, minimum(kPanelWidth, channels - column),
               panels + block * panel_rows<T>(outputs) * kPanelWidth);
  });
}

/// dfilter of one group as a sum over pixels, without its result.
template <class T>
OuterProduct<T> filter_product(const Conv2dShape& s, const T* x, const T* dy) {
  const std::int64_t channels = channels_per_group(s), outputs = outputs_per_group(s);
  OuterProduct<T> product{.source = input_view(s, x),
                          .target = output_view(s, dy),
                          .images = s.n,
                          .vertical = vertical_taps(s),
                          .horizontal = horizontal_taps(s),
                          // Columns fill vectors: they are the channels that leave fewer lanes empty.
                          .rows_from_source = round_up(channels, kLanes) * outputs > round_up(outputs, kLanes) * channels};
  product.rows = outputs;
  product.columns = channels;
  if (reads_padded_rows(s)) {
    product.source = padded_view(s, x);
    product.vertical = padded_vertical_taps(s);
    product.horizontal = padded_horizontal_taps(s);
    product.rows_from_source = true;
    product.columns = s.s * channels;
  } else if (s.r == 1 && s.s == 1 && s.stride_h == 1 && s.stride_w == 1 && s.pad_top == 0 && s.pad_left == 0 && s.p == s.h && s.q == s.w) {
    const std::int64_t pixels = s.n * s.h * s.w;  // a plain product: all pixels in one line
    product.source = {x, 1, pixels, 0, 0, s.x_pitch};
    product.target = {dy, 1, pixels, 0, 0, s.y_pitch};
    product.images = 1;
  }
  product.row_stride = filter_taps(s) * channels;
  product.tap_stride = product.columns;
  if (!product.rows_from_source) return product;
  product.rows = product.columns;  // the transposed result, [r][s][c][k]
  product.columns = outputs;
  product.row_stride = outputs;
  product.tap_stride = product.rows * outputs;
  return product;
}

template <class T>
std::size_t direct_workspace_bytes(const Threads& threads, const Conv2dShape& s, Conv2dPass pass) {
  const std::size_t padded = reads_padded_rows(s) ? float_bytes(padded_size(s)) : 0;
  switch (pass) {
    case Conv2dPass::forward:
      return padded + float_bytes(channels_per_group(s));
    case Conv2dPass::backward_data:
      return float_bytes(outputs_per_group(s)) +
             float_bytes(panels_size(filter_taps(s) * panel_rows<T>(outputs_per_group(s)), channels_per_group(s)));
    case Conv2dPass::backward_filter: {
      const OuterProduct<T> product = filter_product<T>(s, nullptr, nullptr);
      const std::int64_t transposed = product.rows_from_source ? filter_taps(s) * channels_per_group(s) * outputs_per_group(s) : 0;
      return padded + float_bytes(transposed) + float_bytes(outer_product_workspace(threads, product));
    }
  }
  return 0;
}

/// The epilogue of the group behind one of `outputs` channels.
template <class T>
Epilogue<T> next_group(Epilogue<T> epilogue, std::int64_t outputs) {
  if (epilogue.scale != nullptr) epilogue.scale += outputs;
  if (epilogue.bias != nullptr) epilogue.bias += outputs;
  if (epilogue.residual != nullptr) epilogue.residual += outputs;
  return epilogue;
}

template <class T>
T* zeroed(T* values, std::int64_t count) {
  for (std::int64_t i = 0; i < count; ++i) values[i] = T{};
  return values;
}

template <class T>
void direct_forward(const Threads& threads, const Conv2dShape& s, const T* x, const PanelWord<T>* panels, const Epilogue<T>& epilogue, T* y,
                    void* workspace) {
  Slices scratch(workspace);
  const std::int64_t channels = channels_per_group(s), outputs = outputs_per_group(s);
  GatherProduct<T> product{.x = input_view(s, x),
                           .vertical = vertical_taps(s),
                           .horizontal = horizontal_taps(s),
                           .length = channels,
                           .zeros = zeroed(scratch.take<T>(channels), channels),
                           .images = s.n,
                           .height = s.p,
                           .width = s.q,
                           .columns = outputs,
                           .panels = panels,
                           .epilogue = epilogue,
                           .y = y,
                           .y_image_stride = s.p * s.q * s.y_pitch,
                           .y_row_stride = s.q * s.y_pitch,
                           .y_pixel_stride = s.y_pitch};
  if (reads_padded_rows(s)) {
    T* padded = scratch.take<T>(padded_size(s));
    copy_padded(threads, s, x, padded);
    product.x = padded_view<T>(s, padded);
    product.vertical = padded_vertical_taps(s);
    product.horizontal = padded_horizontal_taps(s);
    product.length = s.s * channels;
  }
  for (std::int64_t group = 0; group < s.groups; ++group) {
    gather_product(threads, product);
    product.x.data += channels;
    product.panels += group_panels_size<T>(s);
    product.y += outputs;
    product.epilogue = next_group(product.epilogue, outputs);
  }
}

template <class T>
void direct_backward_data(const Threads& threads, const Conv2dShape& s, const T* dy, const float* filter, T* dx, void* workspace) {
  Slices scratch(workspace);
  const std::int64_t channels = channels_per_group(s), outputs = outputs_per_group(s);
  const T* zeros = zeroed(scratch.take<T>(outputs), outputs);
  auto* panels = reinterpret_cast<PanelWord<T>*>(scratch.take(panels_size(filter_taps(s) * panel_rows<T>(outputs), channels)));
  for (std::int64_t group = 0; group < s.groups; ++group)
    for (std::int64_t i = 0; i < s.stride_h; ++i)
      for (std::int64_t j = 0; j < s.stride_w; ++j) {
        const Phase vertical = vertical_phase(s, i), horizontal = horizontal_phase(s, j);
        pack_phase<T>(threads, s, vertical, horizontal, filter + group * outputs * filter_taps(s) * channels, panels);
        gather_product(threads, GatherProduct<T>{.x = output_view(s, dy + group * outputs),
                                                 .vertical = vertical.axis,
                                                 .horizontal = horizontal.axis,
                                                 .length = outputs,
                                                 .zeros = zeros,
                                                 .images = s.n,
                                                 .height = vertical.positions,
                                                 .width = horizontal.positions,
                                                 .columns = channels,
                                                 .panels = panels,
                                                 .epilogue = {},
                                                 .y = dx + (i * s.w + j) * s.x_pitch + group * channels,
                                                 .y_image_stride = s.h * s.w * s.x_pitch,
                                                 .y_row_stride = s.stride_h * s.w * s.x_pitch,
                                                 .y_pixel_stride = s.stride_w * s.x_pitch});
      }
}

/// y [columns, rows] = x [rows, columns] transposed.
static inline void transpose_result(const Threads& threads, std::int64_t rows, std::int64_t columns, const float* x, float* y) {
  parallel_blocks(threads, columns, [&](std::int64_t column) {
    for (std::int64_t row = 0; row < rows; ++row) y[column * rows + row] = x[row * columns + column];
  });
}

template <class T>
void direct_backward_filter(const Threads& threads, const Conv2dShape& s, const T* x, const T* dy, float* dfilter, void* workspace) {
  Slices scratch(workspace);
  if (reads_padded_rows(s)) {
    T* padded = scratch.take<T>(padded_size(s));
    copy_padded(threads, s, x, padded);
    x = padded;
  }
  const std::int64_t channels = channels_per_group(s), outputs = outputs_per_group(s), depth = filter_taps(s) * channels;
  for (std::int64_t group = 0; group < s.groups; ++group) {
    OuterProduct<T> product = filter_product(s, x + group * channels, dy + group * outputs);
    float* result = dfilter + group * outputs * depth;
    Slices rest = scratch;
    product.y = product.rows_from_source ? rest.take(depth * outputs) : result;
    outer_product(threads, product, rest.take(0));
    if (product.rows_from_source) transpose_result(threads, depth, outputs, product.y, result);
  }
}

}  // namespace fovea::kernels::FOVEA_ISA_NAMESPACE
