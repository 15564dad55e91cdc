// Convolution as matrix products over the activations where they lie (gather_product.hpp, outer_product.hpp).
#include "cpu/conv2d_geometry.hpp"
#include "cpu/gather_product.hpp"
#include "cpu/outer_product.hpp"
#include "cpu/winograd.hpp"

namespace fovea::kernels::FOVEA_ISA_NAMESPACE {

namespace {

/// Up to this many channels, the pixels of one filter row are worth being read as one run of s * c values.
constexpr std::int64_t kFewChannels = 8;

/// First layers: a copy of the images with their padding, so that a filter row is one run of values without a border to check. The copy
/// is as large as the images, not s times as large as a matrix of windows would be.
bool reads_padded_rows(const Conv2dShape& s) { return s.groups == 1 && s.c <= kFewChannels && s.dilation_w == 1 && s.s > 1; }

ImageView padded_view(const Conv2dShape& s, const float* padded) {
  const std::int64_t height = maximum(0, (s.p - 1) * s.stride_h + (s.r - 1) * s.dilation_h + 1);
  const std::int64_t width = maximum(0, (s.q - 1) * s.stride_w + s.s);
  return {padded, height, width, height * width * s.c, width * s.c, s.c};
}

std::int64_t padded_size(const Conv2dShape& s) { return s.n * padded_view(s, nullptr).image_stride; }

void copy_padded(const Threads& threads, const Conv2dShape& s, const float* x, float* padded) {
  const ImageView view = padded_view(s, padded);
  parallel_blocks(threads, s.n * view.height, [&](std::int64_t line) {
    const std::int64_t n = line / view.height, row = line % view.height - s.pad_top;
    float* target = padded + line * view.row_stride;
    const bool in_image = row >= 0 && row < s.h;
    const std::int64_t begin = in_image ? clamped(s.pad_left, 0, view.width) : view.width;
    const std::int64_t end = in_image ? clamped(s.pad_left + s.w, begin, view.width) : view.width;
    for (std::int64_t l = 0; l < begin * s.c; ++l) target[l] = 0;
    for (std::int64_t j = begin; j < end; ++j) {
      const float* pixel = x + ((n * s.h + row) * s.w + j - s.pad_left) * s.x_pitch;
      for (std::int64_t c = 0; c < s.c; ++c) target[j * s.c + c] = pixel[c];
    }
    for (std::int64_t l = end * s.c; l < view.row_stride; ++l) target[l] = 0;
  });
}

/// The axes over a padded copy: no border, and the taps of a row are one.
TapAxis padded_vertical_taps(const Conv2dShape& s) { return {s.r, 0, s.dilation_h, s.stride_h}; }
TapAxis padded_horizontal_taps(const Conv2dShape& s) { return {1, 0, 1, s.stride_w}; }

float* zeroed(float* values, std::int64_t count) {
  for (std::int64_t i = 0; i < count; ++i) values[i] = 0;
  return values;
}

std::int64_t group_panels_size(const Conv2dShape& s) { return panels_size(filter_taps(s) * channels_per_group(s), outputs_per_group(s)); }

/// The transposed panels of one phase of the data pass: [c/kPanelWidth][taps][k][kPanelWidth].
void pack_phase(const Threads& threads, const Conv2dShape& s, const Phase& vertical, const Phase& horizontal, const float* filter,
                float* panels) {
  const std::int64_t channels = channels_per_group(s), outputs = outputs_per_group(s), taps = vertical.axis.count * horizontal.axis.count;
  parallel_blocks(threads, ceil_div(channels, kPanelWidth) * taps, [&](std::int64_t block) {
    const std::int64_t column = block / taps * kPanelWidth, tap = block % taps;
    const std::int64_t r = vertical.first_tap + tap / horizontal.axis.count * vertical.tap_step;
    const std::int64_t t = horizontal.first_tap + tap % horizontal.axis.count * horizontal.tap_step;
    pack_panel(filter + (r * s.s + t) * channels + column, filter_taps(s) * channels, outputs, minimum(kPanelWidth, channels - column),
               panels + block * outputs * kPanelWidth);
  });
}

/// dfilter of one group as a sum over pixels, without its result.
OuterProduct filter_product(const Conv2dShape& s, const float* x, const float* dy) {
  const std::int64_t channels = channels_per_group(s), outputs = outputs_per_group(s);
  OuterProduct product{.source = input_view(s, x),
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

/// The epilogue of the group behind one of `outputs` channels.
Epilogue<float> next_group(Epilogue<float> epilogue, std::int64_t outputs) {
  if (epilogue.scale != nullptr) epilogue.scale += outputs;
  if (epilogue.bias != nullptr) epilogue.bias += outputs;
  if (epilogue.residual != nullptr) epilogue.residual += outputs;
  return epilogue;
}

/// y [columns, rows] = x [rows, columns] transposed.
void transpose(const Threads& threads, std::int64_t rows, std::int64_t columns, const float* x, float* y) {
  parallel_blocks(threads, columns, [&](std::int64_t column) {
    for (std::int64_t row = 0; row < rows; ++row) y[column * rows + row] = x[row * columns + column];
  });
}

}  // namespace

std::uint32_t conv2d_filter_layout(const Conv2dShape& s) {
  if (is_depthwise(s)) return 1;
  return uses_winograd(s, Conv2dPass::forward) ? 2 : 0;
}

std::size_t conv2d_packed_filter_bytes(const Conv2dShape& s) {
  if (is_depthwise(s)) return depthwise_packed_filter_bytes(s);
  return uses_winograd(s, Conv2dPass::forward) ? winograd_packed_filter_bytes(s) : float_bytes(s.groups * group_panels_size(s));
}

void conv2d_pack_filter(Context& context, const Conv2dShape& s, const float* filter, void* packed) {
  float* panels = static_cast<float*>(packed);
  if (is_depthwise(s)) return depthwise_pack_filter(s, filter, panels);
  if (uses_winograd(s, Conv2dPass::forward)) return winograd_pack_filter(context.threads(), s, filter, panels);
  const std::int64_t outputs = outputs_per_group(s), depth = filter_taps(s) * channels_per_group(s);
  const std::int64_t group_panels = ceil_div(outputs, kPanelWidth);
  parallel_blocks(context.threads(), s.groups * group_panels, [&](std::int64_t block) {
    const std::int64_t column = block % group_panels * kPanelWidth;
    pack_panel_transposed(filter + (block / group_panels * outputs + column) * depth, depth, depth, minimum(kPanelWidth, outputs - column),
                          panels + block * depth * kPanelWidth);
  });
}

std::size_t conv2d_workspace_bytes(const Context& context, const Conv2dShape& s, Conv2dPass pass) {
  if (is_depthwise(s)) return depthwise_workspace_bytes(s, pass);
  if (uses_winograd(s, pass)) return winograd_workspace_bytes(context.threads(), s, pass);
  const std::size_t padded = reads_padded_rows(s) ? float_bytes(padded_size(s)) : 0;
  switch (pass) {
    case Conv2dPass::forward:
      return padded + float_bytes(channels_per_group(s));
    case Conv2dPass::backward_data:
      return float_bytes(outputs_per_group(s)) + float_bytes(panels_size(filter_taps(s) * outputs_per_group(s), channels_per_group(s)));
    case Conv2dPass::backward_filter: {
      const OuterProduct product = filter_product(s, nullptr, nullptr);
      const std::int64_t transposed = product.rows_from_source ? filter_taps(s) * channels_per_group(s) * outputs_per_group(s) : 0;
      return padded + float_bytes(transposed) + float_bytes(outer_product_workspace(product));
    }
  }
  return 0;
}

void conv2d_forward(Context& context, const Conv2dShape& s, const float* x, const void* packed, const Epilogue<float>& epilogue, float* y,
                    void* workspace) {
  const float* panels = static_cast<const float*>(packed);
  if (is_depthwise(s)) return depthwise_forward(context.threads(), s, x, panels, epilogue, y);
  if (uses_winograd(s, Conv2dPass::forward))
    return winograd_forward(context.threads(), s, x, panels, epilogue, y, static_cast<float*>(workspace));
  Slices scratch(workspace);
  const std::int64_t channels = channels_per_group(s), outputs = outputs_per_group(s);
  GatherProduct product{.x = input_view(s, x),
                        .vertical = vertical_taps(s),
                        .horizontal = horizontal_taps(s),
                        .length = channels,
                        .zeros = zeroed(scratch.take(channels), channels),
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
    float* padded = scratch.take(padded_size(s));
    copy_padded(context.threads(), s, x, padded);
    product.x = padded_view(s, padded);
    product.vertical = padded_vertical_taps(s);
    product.horizontal = padded_horizontal_taps(s);
    product.length = s.s * channels;
  }
  for (std::int64_t group = 0; group < s.groups; ++group) {
    gather_product(context.threads(), product);
    product.x.data += channels;
    product.panels += group_panels_size(s);
    product.y += outputs;
    product.epilogue = next_group(product.epilogue, outputs);
  }
}

void conv2d_backward_data(Context& context, const Conv2dShape& s, const float* dy, const float* filter, float* dx, void* workspace) {
  if (is_depthwise(s)) return depthwise_backward_data(context.threads(), s, dy, filter, dx, static_cast<float*>(workspace));
  if (uses_winograd(s, Conv2dPass::backward_data))
    return winograd_backward_data(context.threads(), s, dy, filter, dx, static_cast<float*>(workspace));
  Slices scratch(workspace);
  const std::int64_t channels = channels_per_group(s), outputs = outputs_per_group(s);
  const float* zeros = zeroed(scratch.take(outputs), outputs);
  float* panels = scratch.take(panels_size(filter_taps(s) * outputs, channels));
  for (std::int64_t group = 0; group < s.groups; ++group)
    for (std::int64_t i = 0; i < s.stride_h; ++i)
      for (std::int64_t j = 0; j < s.stride_w; ++j) {
        const Phase vertical = vertical_phase(s, i), horizontal = horizontal_phase(s, j);
        pack_phase(context.threads(), s, vertical, horizontal, filter + group * outputs * filter_taps(s) * channels, panels);
        gather_product(context.threads(), {.x = output_view(s, dy + group * outputs),
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

void conv2d_backward_filter(Context& context, const Conv2dShape& s, const float* x, const float* dy, float* dfilter, void* workspace) {
  if (is_depthwise(s)) return depthwise_backward_filter(context.threads(), s, x, dy, dfilter, static_cast<float*>(workspace));
  if (uses_winograd(s, Conv2dPass::backward_filter))
    return winograd_backward_filter(context.threads(), s, x, dy, dfilter, static_cast<float*>(workspace));
  Slices scratch(workspace);
  if (reads_padded_rows(s)) {
    float* padded = scratch.take(padded_size(s));
    copy_padded(context.threads(), s, x, padded);
    x = padded;
  }
  const std::int64_t channels = channels_per_group(s), outputs = outputs_per_group(s), depth = filter_taps(s) * channels;
  for (std::int64_t group = 0; group < s.groups; ++group) {
    OuterProduct product = filter_product(s, x + group * channels, dy + group * outputs);
    float* result = dfilter + group * outputs * depth;
    Slices rest = scratch;
    product.y = product.rows_from_source ? rest.take(depth * outputs) : result;
    outer_product(context.threads(), product, rest.take(0));
    if (product.rows_from_source) transpose(context.threads(), depth, outputs, product.y, result);
  }
}

}  // namespace fovea::kernels::FOVEA_ISA_NAMESPACE
