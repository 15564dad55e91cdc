// Convolution of every channel with a filter of its own: vectors run over channels, and memory is the limit. With 4 KiB pages the rows of
// an image cost twice the time of 2 MiB pages; fetching the next row ahead and streaming the result past the cache were tried and do not
// help.
#include "cpu/column_sums.hpp"
#include "cpu/conv2d_geometry.hpp"
#include "cpu/tile_epilogue.hpp"

namespace fovea::kernels::FOVEA_ISA_NAMESPACE {

namespace {

/// Multiply-adds that are worth a task, and the most pieces that a sum over pixels is cut into.
constexpr std::int64_t kTaskWork = 512 << 10, kMaxPieces = 32;

/// y(n,i,j)[c] = epilogue(sum over taps of x(n, i and j through the tap)[c] * filter[tap][c])
template <class T>
struct DepthwiseGather {
  ImageView<T> x;
  TapAxis vertical, horizontal;
  const float* filter;  ///< the axes' first tap
  std::int64_t filter_row_stride, filter_column_stride;
  std::int64_t channels;
  std::int64_t images, height, width;
  Epilogue<T> epilogue;
  T* y;
  std::int64_t y_image_stride, y_row_stride, y_pixel_stride;
};

/// One pixel's taps inside the image: where the first one reads, and how many there are.
template <class T>
struct PixelTaps {
  const T* x;
  const float* filter;
  std::int64_t rows, columns;
};

/// Channels [c, c + kVecs * kLanes) of one pixel, or with kTail the last `count` < kLanes.
template <int kVecs, bool kTail, class T>
void compute_channels(const DepthwiseGather<T>& g, const PixelTaps<T>& taps, std::int64_t c, std::int64_t count, T* y) {
  const std::int64_t row_step = g.vertical.step * g.x.row_stride, column_step = g.horizontal.step * g.x.pixel_stride;
  const auto load_some = [count](const auto* p) { return kTail ? load_first(p, count) : load(p); };
  const TileEpilogue<T> epilogue = epilogue_of_columns(g.epilogue, g.y, 0);
  Vec sum[kVecs];
  for (int v = 0; v < kVecs; ++v) sum[v] = zero();
  for (std::int64_t r = 0; r < taps.rows; ++r)
    for (std::int64_t s = 0; s < taps.columns; ++s) {
      const T* x = taps.x + (r * row_step + s * column_step) + c;
      const float* filter = taps.filter + (r * g.filter_row_stride + s * g.filter_column_stride) + c;
      for (int v = 0; v < kVecs; ++v) sum[v] = fma(load_some(x + v * kLanes), load_some(filter + v * kLanes), sum[v]);
    }
  for (int v = 0; v < kVecs; ++v) {
    const std::int64_t valid = kTail ? count : kLanes;
    store_lanes(y + c + v * kLanes, valid, epilogue.finish(sum[v], y, c + v * kLanes, valid));
  }
}

template <class T>
void compute_pixel(const DepthwiseGather<T>& g, const PixelTaps<T>& taps, T* y) {
  std::int64_t c = 0;
  for (; c + 4 * kLanes <= g.channels; c += 4 * kLanes) compute_channels<4, false>(g, taps, c, kLanes, y);
  for (; c + kLanes <= g.channels; c += kLanes) compute_channels<1, false>(g, taps, c, kLanes, y);
  if (c < g.channels) compute_channels<1, true>(g, taps, c, g.channels - c, y);
}

/// Whether neighbouring pixels read neighbouring pixels through kTaps neighbouring taps, in either direction.
template <int kTaps, class T>
bool slides(const DepthwiseGather<T>& g) {
  return g.horizontal.count == kTaps && g.horizontal.stride == 1 && (g.horizontal.step == 1 || g.horizontal.step == -1);
}

/// kPixels neighbours, all of whose kTaps columns lie in the image: what is read for one is used for the others too. `x` is the leftmost
/// column that the first one reads, in the first of `rows` rows, and `filter` the tap that reads it; the next tap is `filter_step` further.
template <int kTaps, int kPixels, class T>
void compute_neighbours(const DepthwiseGather<T>& g, const T* x, const float* filter, std::int64_t filter_step, std::int64_t rows, T* y) {
  const std::int64_t row_step = g.vertical.step * g.x.row_stride;
  const TileEpilogue<T> epilogue = epilogue_of_columns(g.epilogue, g.y, 0);
  for_vectors(0, g.channels, [&](std::int64_t c, auto lanes) {
    Vec sum[kPixels] = {};
    for (std::int64_t r = 0; r < rows; ++r) {
      Vec taps[kTaps];
#pragma GCC unroll 8
      for (int t = 0; t < kTaps; ++t) taps[t] = lanes.load(filter + (r * g.filter_row_stride + t * filter_step + c));
#pragma GCC unroll 16
      for (int column = 0; column < kPixels + kTaps - 1; ++column) {
        const Vec value = lanes.load(x + (r * row_step + column * g.x.pixel_stride + c));
#pragma GCC unroll 8
        for (int t = 0; t < kTaps; ++t)
          if (column - t >= 0 && column - t < kPixels) sum[column - t] = fma(value, taps[t], sum[column - t]);
      }
    }
#pragma GCC unroll 8
    for (int p = 0; p < kPixels; ++p) {
      T* pixel = y + p * g.y_pixel_stride;
      lanes.store(pixel + c, epilogue.finish(sum[p], pixel, c, lanes.count));
    }
  });
}

template <class T>
void compute_line(const DepthwiseGather<T>& g, std::int64_t n, std::int64_t i) {
  const Range rows = taps_inside(g.vertical, i, g.x.height);
  const bool slides_by_3 = slides<3>(g), slides_by_5 = slides<5>(g);
  const auto reads_whole_taps = [&](std::int64_t j) {
    const Range taps = taps_inside(g.horizontal, j, g.x.width);
    return j < g.width && taps.begin == 0 && taps.end == g.horizontal.count;
  };
  std::int64_t together = 1;  // pixels
  for (std::int64_t j = 0; j < g.width; j += together) {
    const Range columns = taps_inside(g.horizontal, j, g.x.width);
    T* y = g.y + (n * g.y_image_stride + i * g.y_row_stride + j * g.y_pixel_stride);
    together = 1;
    if (rows.begin == rows.end || columns.begin == columns.end) {
      compute_pixel<T>(g, {nullptr, nullptr, 0, 0}, y);
      continue;
    }
    const T* line = g.x.data + (n * g.x.image_stride + g.vertical.source(i, rows.begin) * g.x.row_stride);
    const float* filter = g.filter + rows.begin * g.filter_row_stride;
    if ((slides_by_3 || slides_by_5) && reads_whole_taps(j)) together = reads_whole_taps(j + 7) ? 8 : reads_whole_taps(j + 3) ? 4 : 1;
    if (together == 1) {
      compute_pixel<T>(g,
                       {line + g.horizontal.source(j, columns.begin) * g.x.pixel_stride, filter + columns.begin * g.filter_column_stride,
                        rows.end - rows.begin, columns.end - columns.begin},
                       y);
      continue;
    }
    const bool forwards = g.horizontal.step == 1;
    const std::int64_t leftmost_tap = forwards ? 0 : g.horizontal.count - 1;
    const T* x = line + g.horizontal.source(j, leftmost_tap) * g.x.pixel_stride;
    const float* taps = filter + leftmost_tap * g.filter_column_stride;
    const std::int64_t step = forwards ? g.filter_column_stride : -g.filter_column_stride;
    const auto compute = slides_by_3 ? (together == 8 ? compute_neighbours<3, 8, T> : compute_neighbours<3, 4, T>)
                                     : (together == 8 ? compute_neighbours<5, 8, T> : compute_neighbours<5, 4, T>);
    compute(g, x, taps, step, rows.end - rows.begin, y);
  }
}

template <class T>
void gather(const Threads& threads, const DepthwiseGather<T>& g) {
  const std::int64_t lines = g.images * g.height;
  const std::int64_t line_work = maximum(1, g.width * g.channels * maximum(1, g.vertical.count * g.horizontal.count));
  parallel_for(threads, lines, maximum(1, kTaskWork / line_work), [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t line = begin; line < end; ++line) compute_line(g, line / g.height, line % g.height);
  });
}

/// Where output line (n, i) lies, and its taps.
template <class T>
struct LineOperands {
  const Conv2dShape& s;
  const T* x;                          ///< source pixel of output column 0 through tap (0, 0); may lie outside the image
  const T* dy;                         ///< output column 0
  std::int64_t row_step, column_step;  ///< of x, from tap to tap

  const T* source(std::int64_t r, std::int64_t t, std::int64_t j) const {
    return x + (r * row_step + t * column_step + j * s.stride_w * s.x_pitch);
  }
};

/// Adds output pixels `pixels` of a line to the sums of tap (r, t).
template <class T>
void add_tap_products(const LineOperands<T>& line, std::int64_t r, std::int64_t t, Range pixels, float* sums) {
  const Conv2dShape& s = line.s;
  if (pixels.begin >= pixels.end) return;
  const T *first_x = line.source(r, t, pixels.begin), *first_dy = line.dy + pixels.begin * s.y_pitch;
  for_column_groups(s.c, [&]<int kVecs>(std::int64_t c, auto lanes) {  // independent sums hide the latency of the addition
    float* tap_sums = sums + (r * s.s + t) * s.c + c;
    Vec sum[kVecs];
    for (int v = 0; v < kVecs; ++v) sum[v] = lanes.load(tap_sums + v * kLanes);
    const T *from = first_x + c, *gradient = first_dy + c;
    for (std::int64_t j = pixels.begin; j < pixels.end; ++j, from += s.stride_w * s.x_pitch, gradient += s.y_pitch)
      for (int v = 0; v < kVecs; ++v) sum[v] = fma(lanes.load(from + v * kLanes), lanes.load(gradient + v * kLanes), sum[v]);
    for (int v = 0; v < kVecs; ++v) lanes.store(tap_sums + v * kLanes, sum[v]);
  });
}

/// The same for all taps of three rows and columns at once: a gradient is read once for nine products.
template <class T>
void add_nine_tap_products(const LineOperands<T>& line, Range pixels, float* sums) {
  const Conv2dShape& s = line.s;
  for_vectors(0, s.c, [&](std::int64_t c, auto lanes) {
    Vec sum[9];
#pragma GCC unroll 9
    for (int tap = 0; tap < 9; ++tap) sum[tap] = lanes.load(sums + tap * s.c + c);
    for (std::int64_t j = pixels.begin; j < pixels.end; ++j) {
      const Vec gradient = lanes.load(line.dy + (j * s.y_pitch + c));
#pragma GCC unroll 9
      for (int tap = 0; tap < 9; ++tap) sum[tap] = fma(lanes.load(line.source(tap / 3, tap % 3, j) + c), gradient, sum[tap]);
    }
#pragma GCC unroll 9
    for (int tap = 0; tap < 9; ++tap) lanes.store(sums + tap * s.c + c, sum[tap]);
  });
}

/// Adds the pixels of output line (n, i) to `sums` [taps][channels].
template <class T>
void add_line_products(const Conv2dShape& s, const T* x, const T* dy, std::int64_t n, std::int64_t i, float* sums) {
  const ImageView<T> source = input_view(s, x), target = output_view(s, dy);
  const TapAxis vertical = vertical_taps(s), horizontal = horizontal_taps(s);
  const LineOperands<T> line{
      s, x + (n * source.image_stride + vertical.source(i, 0) * source.row_stride + horizontal.first * source.pixel_stride),
      dy + (n * target.image_stride + i * target.row_stride), vertical.step * source.row_stride, horizontal.step * source.pixel_stride};
  const Range rows = taps_inside(vertical, i, s.h);
  Range together{0, 0};  // the pixels that all taps reach, where there are nine
  if (s.r == 3 && s.s == 3 && rows.end - rows.begin == 3) {
    const Range left = inside(horizontal, 0, s.q, s.w), right = inside(horizontal, 2, s.q, s.w);
    together = {maximum(left.begin, right.begin), minimum(left.end, right.end)};
    if (together.begin < together.end) add_nine_tap_products(line, together, sums);
  }
  for (std::int64_t r = rows.begin; r < rows.end; ++r)
    for (std::int64_t t = 0; t < s.s; ++t) {
      const Range pixels = inside(horizontal, t, s.q, s.w);
      if (together.begin >= together.end) {
        add_tap_products(line, r, t, pixels, sums);
      } else {
        add_tap_products(line, r, t, {pixels.begin, together.begin}, sums);
        add_tap_products(line, r, t, {together.end, pixels.end}, sums);
      }
    }
}

template <class T>
float as_stored_in(float value);
template <>
float as_stored_in<float>(float value) {
  return value;
}
template <>
float as_stored_in<bf16>(float value) {
  return reinterpret_cast<Vec>(rounded_to_bf16(broadcast(value)) << 16)[0];
}

std::int64_t filter_size(const Conv2dShape& s) { return s.k * filter_taps(s); }
std::int64_t filter_pieces(const Conv2dShape& s) {
  const std::int64_t lines = s.n * s.p;
  return clamped(minimum(lines, lines * s.q * filter_size(s) / kTaskWork), 1, kMaxPieces);
}

}  // namespace

std::size_t depthwise_packed_filter_bytes(const Conv2dShape& s) { return float_bytes(filter_size(s)); }

/// [k][r][s] to [r][s][k]
template <class T>
void depthwise_pack_filter(const Conv2dShape& s, const float* filter, float* packed) {
  for (std::int64_t tap = 0; tap < filter_taps(s); ++tap)
    for (std::int64_t k = 0; k < s.k; ++k) packed[tap * s.k + k] = as_stored_in<T>(filter[k * filter_taps(s) + tap]);
}
template void depthwise_pack_filter<float>(const Conv2dShape&, const float*, float*);
template void depthwise_pack_filter<bf16>(const Conv2dShape&, const float*, float*);

std::size_t depthwise_workspace_bytes(const Conv2dShape& s, Conv2dPass pass) {
  switch (pass) {
    case Conv2dPass::forward:
      return 0;
    case Conv2dPass::backward_data:
      return float_bytes(filter_size(s));
    case Conv2dPass::backward_filter:
      return float_bytes(filter_pieces(s) * filter_size(s));
  }
  return 0;
}

template <class T>
void depthwise_forward(const Threads& threads, const Conv2dShape& s, const T* x, const float* packed, const Epilogue<T>& epilogue, T* y) {
  gather<T>(threads, {.x = input_view(s, x),
                      .vertical = vertical_taps(s),
                      .horizontal = horizontal_taps(s),
                      .filter = packed,
                      .filter_row_stride = s.s * s.k,
                      .filter_column_stride = s.k,
                      .channels = s.k,
                      .images = s.n,
                      .height = s.p,
                      .width = s.q,
                      .epilogue = epilogue,
                      .y = y,
                      .y_image_stride = s.p * s.q * s.y_pitch,
                      .y_row_stride = s.q * s.y_pitch,
                      .y_pixel_stride = s.y_pitch});
}

template <class T>
void depthwise_backward_data(const Threads& threads, const Conv2dShape& s, const T* dy, const float* filter, T* dx, float* workspace) {
  depthwise_pack_filter<T>(s, filter, workspace);
  for (std::int64_t i = 0; i < s.stride_h; ++i)
    for (std::int64_t j = 0; j < s.stride_w; ++j) {
      const Phase vertical = vertical_phase(s, i), horizontal = horizontal_phase(s, j);
      gather<T>(threads, {.x = output_view(s, dy),
                          .vertical = vertical.axis,
                          .horizontal = horizontal.axis,
                          .filter = workspace + (vertical.first_tap * s.s + horizontal.first_tap) * s.k,
                          .filter_row_stride = vertical.tap_step * s.s * s.k,
                          .filter_column_stride = horizontal.tap_step * s.k,
                          .channels = s.k,
                          .images = s.n,
                          .height = vertical.positions,
                          .width = horizontal.positions,
                          .epilogue = {},
                          .y = dx + (i * s.w + j) * s.x_pitch,
                          .y_image_stride = s.h * s.w * s.x_pitch,
                          .y_row_stride = s.stride_h * s.w * s.x_pitch,
                          .y_pixel_stride = s.stride_w * s.x_pitch});
    }
}

template <class T>
void depthwise_backward_filter(const Threads& threads, const Conv2dShape& s, const T* x, const T* dy, float* dfilter, float* workspace) {
  const std::int64_t pieces = filter_pieces(s), size = filter_size(s);
  parallel_blocks(threads, pieces, [&](std::int64_t piece) {
    float* sums = workspace + piece * size;
    for (std::int64_t l = 0; l < size; ++l) sums[l] = 0;
    const Range lines = part_of(s.n * s.p, pieces, piece);
    for (std::int64_t line = lines.begin; line < lines.end; ++line) add_line_products(s, x, dy, line / s.p, line % s.p, sums);
  });
  for (std::int64_t k = 0; k < s.k; ++k)
    for (std::int64_t tap = 0; tap < filter_taps(s); ++tap) {
      float sum = 0;
      for (std::int64_t piece = 0; piece < pieces; ++piece) sum += workspace[piece * size + tap * s.k + k];
      dfilter[k * filter_taps(s) + tap] = sum;
    }
}

template void depthwise_forward(const Threads&, const Conv2dShape&, const float*, const float*, const Epilogue<float>&, float*);
template void depthwise_forward(const Threads&, const Conv2dShape&, const bf16*, const float*, const Epilogue<bf16>&, bf16*);
template void depthwise_backward_data(const Threads&, const Conv2dShape&, const float*, const float*, float*, float*);
template void depthwise_backward_data(const Threads&, const Conv2dShape&, const bf16*, const float*, bf16*, float*);
template void depthwise_backward_filter(const Threads&, const Conv2dShape&, const float*, const float*, float*, float*);
template void depthwise_backward_filter(const Threads&, const Conv2dShape&, const bf16*, const bf16*, float*, float*);

}  // namespace fovea::kernels::FOVEA_ISA_NAMESPACE
