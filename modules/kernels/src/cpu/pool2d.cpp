// Pooling, vectorised over channels. Where windows overlap, the backward passes gather: every input pixel adds up the windows that cover
// it, in scan order, so that pixels are independent of each other and each is written once.
#include "cpu/isa_kernels.hpp"
#include "cpu/vector_loops.hpp"

namespace fovea::kernels::FOVEA_ISA_NAMESPACE {

namespace {

/// The settings of one axis.
struct Axis {
  std::int64_t extent, count, window, stride, dilation, pad_before, pad_behind;

  /// From the first cell of a window to one past its last.
  constexpr std::int64_t span() const { return (window - 1) * dilation + 1; }
};
constexpr Axis rows_of(const Pool2dShape& s) { return {s.h, s.p, s.window_h, s.stride_h, s.dilation_h, s.pad_top, s.pad_bottom}; }
constexpr Axis columns_of(const Pool2dShape& s) { return {s.w, s.q, s.window_w, s.stride_w, s.dilation_w, s.pad_left, s.pad_right}; }

/// The cells of one window along one axis that lie inside the image: `count` from `begin` on, the axis' dilation apart.
struct Cells {
  std::int64_t begin, count;
};

constexpr Cells window_cells(const Axis& axis, std::int64_t index) {
  const std::int64_t begin = index * axis.stride - axis.pad_before;
  if (axis.dilation == 1) {
    const std::int64_t first = maximum(begin, 0);
    return {first, minimum(begin + axis.window, axis.extent) - first};
  }
  const std::int64_t skipped = begin < 0 ? ceil_div(-begin, axis.dilation) : 0;
  return {begin + skipped * axis.dilation, minimum(axis.window, ceil_div(axis.extent - begin, axis.dilation)) - skipped};
}

/// How many there are with those in the padding.
constexpr std::int64_t padded_cells(const Axis& axis, std::int64_t index) {
  return minimum(axis.window, ceil_div(axis.extent + axis.pad_behind - (index * axis.stride - axis.pad_before), axis.dilation));
}

/// The windows along one axis whose span covers `cell`.
constexpr Range covering_windows(const Axis& axis, std::int64_t cell) {
  const std::int64_t past = cell + axis.pad_before + 1;  // one past the cell, counted from the first window's begin
  return {past > axis.span() ? ceil_div(past - axis.span(), axis.stride) : 0, minimum((past - 1) / axis.stride + 1, axis.count)};
}

/// Whether window `index`, whose span covers `cell`, has it among its cells.
constexpr bool holds(const Axis& axis, std::int64_t index, std::int64_t cell) {
  return (cell + axis.pad_before - index * axis.stride) % axis.dilation == 0;
}

/// What window (i,j) is divided by.
constexpr float divisor(const Pool2dShape& s, std::int64_t i, std::int64_t j) {
  if (s.divisor != 0) return static_cast<float>(s.divisor);
  const Axis rows = rows_of(s), columns = columns_of(s);
  return static_cast<float>(s.count_padding ? padded_cells(rows, i) * padded_cells(columns, j)
                                            : window_cells(rows, i).count * window_cells(columns, j).count);
}

/// Whether the last window along an axis ends within the padding, and so all of them.
constexpr bool are_whole(const Axis& axis) {
  return (axis.count - 1) * axis.stride - axis.pad_before + axis.span() <= axis.extent + axis.pad_behind;
}

/// The divisor of all windows, or 0 where they have different ones.
constexpr float common_divisor(const Pool2dShape& s) {
  if (s.divisor != 0) return static_cast<float>(s.divisor);
  return s.count_padding && are_whole(rows_of(s)) && are_whole(columns_of(s)) ? static_cast<float>(s.window_h * s.window_w) : 0;
}

/// Calls body(image, output pixel of all images, rows, columns) for the window of every output pixel, in parallel over output rows.
template <class Body>
void for_windows(Context& context, const Pool2dShape& s, Body body) {
  const std::int64_t row_cells = s.q * s.window_h * s.window_w;
  parallel_for(context.threads(), s.n * s.p, rows_per_task(row_cells * s.c), [&](std::int64_t begin, std::int64_t end) {
    const Axis row_axis = rows_of(s), column_axis = columns_of(s);  // copies: what is stored may not change them
    for (std::int64_t row = begin; row < end; ++row) {
      const std::int64_t n = row / s.p, first = row * s.q;
      const Cells rows = window_cells(row_axis, row % s.p);
      for (std::int64_t j = 0; j < column_axis.count; ++j) body(n, first + j, rows, window_cells(column_axis, j));
    }
  });
}

/// Calls body(image, position, pixel of all images, window rows, window columns) for every input pixel and the windows that cover it.
template <class Body>
void for_covered_pixels(Context& context, const Pool2dShape& s, Body body) {
  parallel_for(context.threads(), s.n * s.h, rows_per_task(s.w * s.c), [&](std::int64_t begin, std::int64_t end) {
    const Axis row_axis = rows_of(s), column_axis = columns_of(s);
    for (std::int64_t row = begin; row < end; ++row) {
      const Range rows = covering_windows(row_axis, row % s.h);
      const std::int64_t n = row / s.h, first = row % s.h * s.w, pixel = row * s.w;
      for (std::int64_t column = 0; column < column_axis.extent; ++column)
        body(n, first + column, pixel + column, rows, covering_windows(column_axis, column));
    }
  });
}

/// Windows that share no cells and lie inside the image: each input pixel is written from one window, or is behind the last.
constexpr bool are_tiles(const Pool2dShape& s) {
  return s.p > 0 && s.pad_top == 0 && s.pad_left == 0 && s.stride_h == s.window_h && s.stride_w == s.window_w && s.p * s.window_h <= s.h &&
         s.q * s.window_w <= s.w && s.dilation_h == 1 && s.dilation_w == 1;
}

/// For windows that are tiles: calls body(output pixel of all images, first cell's position, first cell's pixel of all images), in parallel
/// over rows of windows, and clear(pixel of all images) for the pixels behind the last windows.
template <class Body, class Clear>
void for_tiles(Context& context, const Pool2dShape& s, Body body, Clear clear) {
  parallel_for(context.threads(), s.n * s.p, rows_per_task(s.window_h * s.w * s.c), [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t row = begin; row < end; ++row) {
      const std::int64_t i = row % s.p, image = row / s.p * s.h * s.w, first = i * s.window_h * s.w;
      for (std::int64_t j = 0; j < s.q; ++j) body(row * s.q + j, first + j * s.window_w, image + first + j * s.window_w);
      const std::int64_t last = i + 1 < s.p ? (i + 1) * s.window_h : s.h;
      for (std::int64_t y = i * s.window_h; y < last; ++y)
        for (std::int64_t x = y < (i + 1) * s.window_h ? s.q * s.window_w : 0; x < s.w; ++x) clear(image + y * s.w + x);
    }
  });
}

template <class T>
void clear_pixel(const Pool2dShape& s, T* pixel) {
  for_vectors(0, s.c, [&](std::int64_t c, auto lanes) { lanes.store(pixel + c, zero()); });
}

/// Calls body.operator()<height, width>() with the extents of a common whole window of neighbouring cells, or with zeros, which mean those
/// of `rows` and `columns`. Known extents give straight code, whose loads the processor fetches ahead as one stream each: 2 to 3 times the
/// speed.
template <class Body>
FOVEA_SIMD_INLINE void for_window_extents(const Pool2dShape& s, Cells rows, Cells columns, Body body) {
  const bool are_neighbours = s.dilation_h == 1 && s.dilation_w == 1;
  if (are_neighbours && rows.count == 2 && columns.count == 2) return body.template operator()<2, 2>();
  if (are_neighbours && rows.count == 3 && columns.count == 3) return body.template operator()<3, 3>();
  body.template operator()<0, 0>();
}

/// Calls body(row, column) for the cells of a window, in scan order, counted from its first cell.
template <int kHeight, int kWidth, class Body>
FOVEA_SIMD_INLINE void for_cells(const Pool2dShape& s, Cells rows, Cells columns, Body body) {
  const std::int64_t height = kHeight > 0 ? kHeight : rows.count, width = kWidth > 0 ? kWidth : columns.count;
  const std::int64_t row_step = kHeight > 0 ? 1 : s.dilation_h, column_step = kWidth > 0 ? 1 : s.dilation_w;
#pragma GCC unroll 3
  for (std::int64_t row = 0; row < height; ++row)
#pragma GCC unroll 3
    for (std::int64_t column = 0; column < width; ++column) body(row * row_step, column * column_step);
}

}  // namespace

template <class T>
void max_pool2d_forward(Context& context, const Pool2dShape& s, const T* x, T* y, std::int32_t* argmax) {
  for_windows(context, s, [&](std::int64_t n, std::int64_t output, Cells rows, Cells columns) {
    const std::int64_t first = rows.begin * s.w + columns.begin;
    const T* cells = x + (n * s.h * s.w + first) * s.x_pitch;
    for_window_extents(s, rows, columns, [&]<int kHeight, int kWidth>() {
      for_vectors(0, s.c, [&](std::int64_t c, auto lanes) {
        Vec best = lanes.load(cells + c);
        Ints place = Ints{} + static_cast<std::int32_t>(first);
        for_cells<kHeight, kWidth>(s, rows, columns, [&](std::int64_t row, std::int64_t column) {
          const std::int64_t offset = row * s.w + column;
          take_greater(lanes.load(cells + offset * s.x_pitch + c), Ints{} + static_cast<std::int32_t>(first + offset), best, place);
        });
        lanes.store(y + output * s.y_pitch + c, best);
        if (argmax != nullptr) lanes.store(argmax + output * s.c + c, place);
      });
    });
  });
}

template <class T>
void max_pool2d_backward(Context& context, const Pool2dShape& s, const T* dy, const std::int32_t* argmax, T* dx) {
  if (are_tiles(s)) {
    const Cells rows{0, s.window_h}, columns{0, s.window_w};
    return for_tiles(
        context, s,
        [&](std::int64_t output, std::int64_t first, std::int64_t pixel) {
          for_window_extents(s, rows, columns, [&]<int kHeight, int kWidth>() {
            for_vectors(0, s.c, [&](std::int64_t c, auto lanes) {
              const Ints place = lanes.load(argmax + output * s.c + c);
              const Vec gradient = lanes.load(dy + output * s.y_pitch + c);
              for_cells<kHeight, kWidth>(s, rows, columns, [&](std::int64_t row, std::int64_t column) {
                const std::int64_t offset = row * s.w + column;
                lanes.store(dx + (pixel + offset) * s.x_pitch + c,
                            keep_equal(place, Ints{} + static_cast<std::int32_t>(first + offset), gradient));
              });
            });
          });
        },
        [&](std::int64_t pixel) { clear_pixel(s, dx + pixel * s.x_pitch); });
  }
  for_covered_pixels(context, s, [&](std::int64_t n, std::int64_t position, std::int64_t pixel, Range rows, Range columns) {
    const Ints here = Ints{} + static_cast<std::int32_t>(position);
    for_vectors(0, s.c, [&](std::int64_t c, auto lanes) {
      Vec sum = zero();
      for (std::int64_t i = rows.begin; i < rows.end; ++i)
        for (std::int64_t j = columns.begin; j < columns.end; ++j) {
          const std::int64_t output = (n * s.p + i) * s.q + j;
          sum = add(sum, keep_equal(lanes.load(argmax + output * s.c + c), here, lanes.load(dy + output * s.y_pitch + c)));
        }
      lanes.store(dx + pixel * s.x_pitch + c, sum);
    });
  });
}

template <class T>
void average_pool2d_forward(Context& context, const Pool2dShape& s, const T* x, T* y) {
  const float common = common_divisor(s);
  for_windows(context, s, [&](std::int64_t n, std::int64_t output, Cells rows, Cells columns) {
    const T* cells = x + (n * s.h * s.w + rows.begin * s.w + columns.begin) * s.x_pitch;
    const Vec count = broadcast(common > 0 ? common : divisor(s, output / s.q % s.p, output % s.q));
    for_window_extents(s, rows, columns, [&]<int kHeight, int kWidth>() {
      for_vectors(0, s.c, [&](std::int64_t c, auto lanes) {
        Vec sum = zero();
        for_cells<kHeight, kWidth>(s, rows, columns, [&](std::int64_t row, std::int64_t column) {
          sum = add(sum, lanes.load(cells + (row * s.w + column) * s.x_pitch + c));
        });
        lanes.store(y + output * s.y_pitch + c, div(sum, count));
      });
    });
  });
}

template <class T>
void average_pool2d_backward(Context& context, const Pool2dShape& s, const T* dy, T* dx) {
  if (are_tiles(s)) {
    const Cells rows{0, s.window_h}, columns{0, s.window_w};
    const Vec count = broadcast(divisor(s, 0, 0));  // whole, all of them
    return for_tiles(
        context, s,
        [&](std::int64_t output, std::int64_t, std::int64_t pixel) {
          for_window_extents(s, rows, columns, [&]<int kHeight, int kWidth>() {
            for_vectors(0, s.c, [&](std::int64_t c, auto lanes) {
              const Vec share = div(lanes.load(dy + output * s.y_pitch + c), count);
              for_cells<kHeight, kWidth>(s, rows, columns, [&](std::int64_t row, std::int64_t column) {
                lanes.store(dx + (pixel + row * s.w + column) * s.x_pitch + c, share);
              });
            });
          });
        },
        [&](std::int64_t pixel) { clear_pixel(s, dx + pixel * s.x_pitch); });
  }
  const Axis row_axis = rows_of(s), column_axis = columns_of(s);
  const float common = common_divisor(s);
  const bool dilated = s.dilation_h > 1 || s.dilation_w > 1;
  for_covered_pixels(context, s, [&](std::int64_t n, std::int64_t position, std::int64_t pixel, Range rows, Range columns) {
    const std::int64_t row = dilated ? position / s.w : 0, column = dilated ? position % s.w : 0;
    for_vectors(0, s.c, [&](std::int64_t c, auto lanes) {
      Vec sum = zero();
      for (std::int64_t i = rows.begin; i < rows.end; ++i)
        for (std::int64_t j = columns.begin; j < columns.end; ++j) {
          if (dilated && !(holds(row_axis, i, row) && holds(column_axis, j, column))) continue;
          const Vec count = broadcast(common > 0 ? common : divisor(s, i, j));
          sum = add(sum, div(lanes.load(dy + ((n * s.p + i) * s.q + j) * s.y_pitch + c), count));
        }
      lanes.store(dx + pixel * s.x_pitch + c, sum);
    });
  });
}

#define FOVEA_INSTANTIATE(T)                                                                          \
  template void max_pool2d_forward(Context&, const Pool2dShape&, const T*, T*, std::int32_t*);        \
  template void max_pool2d_backward(Context&, const Pool2dShape&, const T*, const std::int32_t*, T*); \
  template void average_pool2d_forward(Context&, const Pool2dShape&, const T*, T*);                   \
  template void average_pool2d_backward(Context&, const Pool2dShape&, const T*, T*)
FOVEA_INSTANTIATE(float);
FOVEA_INSTANTIATE(bf16);
#undef FOVEA_INSTANTIATE

}  // namespace fovea::kernels::FOVEA_ISA_NAMESPACE
