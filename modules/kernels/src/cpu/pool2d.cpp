// Pooling, vectorised over channels. The backward passes gather: every input pixel adds up the windows that cover it, in scan order, so
// that pixels are independent of each other and each is written once.
#include "cpu/isa_kernels.hpp"
#include "cpu/vector_loops.hpp"

namespace fovea::kernels::FOVEA_ISA_NAMESPACE {

namespace {

/// The cells of window `index` along one axis that lie inside the image.
constexpr Range window_cells(std::int64_t index, std::int64_t stride, std::int64_t padding, std::int64_t window, std::int64_t extent) {
  const std::int64_t begin = index * stride - padding;
  return {maximum(begin, 0), minimum(begin + window, extent)};
}

/// The windows along one axis that cover `cell`.
constexpr Range covering_windows(std::int64_t cell, std::int64_t stride, std::int64_t padding, std::int64_t window, std::int64_t count) {
  const std::int64_t past = cell + padding + 1;  // one past the cell, counted from the first window's begin
  return {past > window ? ceil_div(past - window, stride) : 0, minimum((past - 1) / stride + 1, count)};
}

constexpr Range window_rows(const Pool2dShape& s, std::int64_t i) { return window_cells(i, s.stride_h, s.pad_top, s.window_h, s.h); }
constexpr Range window_columns(const Pool2dShape& s, std::int64_t j) { return window_cells(j, s.stride_w, s.pad_left, s.window_w, s.w); }

constexpr float divisor(const Pool2dShape& s, Range rows, Range columns) {
  if (s.count_padding) return static_cast<float>(s.window_h * s.window_w);
  return static_cast<float>((rows.end - rows.begin) * (columns.end - columns.begin));
}

/// Calls body(image, output pixel of all images, rows, columns) for the window of every output pixel, in parallel over output rows.
template <class Body>
void for_windows(Context& context, const Pool2dShape& s, Body body) {
  const std::int64_t row_cells = s.q * s.window_h * s.window_w;
  parallel_for(context.threads(), s.n * s.p, rows_per_task(row_cells * s.c), [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t row = begin; row < end; ++row) {
      const Range rows = window_rows(s, row % s.p);
      for (std::int64_t j = 0; j < s.q; ++j) body(row / s.p, row * s.q + j, rows, window_columns(s, j));
    }
  });
}

/// Calls body(image, position, pixel of all images, window rows, window columns) for every input pixel and the windows that cover it.
template <class Body>
void for_covered_pixels(Context& context, const Pool2dShape& s, Body body) {
  parallel_for(context.threads(), s.n * s.h, rows_per_task(s.w * s.c), [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t row = begin; row < end; ++row) {
      const Range rows = covering_windows(row % s.h, s.stride_h, s.pad_top, s.window_h, s.p);
      for (std::int64_t column = 0; column < s.w; ++column)
        body(row / s.h, (row % s.h) * s.w + column, row * s.w + column, rows,
             covering_windows(column, s.stride_w, s.pad_left, s.window_w, s.q));
    }
  });
}

}  // namespace

void max_pool2d_forward(Context& context, const Pool2dShape& s, const float* x, float* y, std::int32_t* argmax) {
  for_windows(context, s, [&](std::int64_t n, std::int64_t output, Range rows, Range columns) {
    const float* image = x + n * s.h * s.w * s.x_pitch;
    const std::int64_t first = rows.begin * s.w + columns.begin;
    for_vectors(0, s.c, [&](std::int64_t c, auto lanes) {
      Vec best = lanes.load(image + first * s.x_pitch + c);
      Ints place = Ints{} + static_cast<std::int32_t>(first);
      for (std::int64_t row = rows.begin; row < rows.end; ++row)
        for (std::int64_t column = columns.begin; column < columns.end; ++column) {
          const std::int64_t position = row * s.w + column;
          take_greater(lanes.load(image + position * s.x_pitch + c), Ints{} + static_cast<std::int32_t>(position), best, place);
        }
      lanes.store(y + output * s.y_pitch + c, best);
      if (argmax != nullptr) lanes.store(argmax + output * s.c + c, place);
    });
  });
}

void max_pool2d_backward(Context& context, const Pool2dShape& s, const float* dy, const std::int32_t* argmax, float* dx) {
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

void average_pool2d_forward(Context& context, const Pool2dShape& s, const float* x, float* y) {
  for_windows(context, s, [&](std::int64_t n, std::int64_t output, Range rows, Range columns) {
    const float* image = x + n * s.h * s.w * s.x_pitch;
    const Vec cells = broadcast(divisor(s, rows, columns));
    for_vectors(0, s.c, [&](std::int64_t c, auto lanes) {
      Vec sum = zero();
      for (std::int64_t row = rows.begin; row < rows.end; ++row)
        for (std::int64_t column = columns.begin; column < columns.end; ++column)
          sum = add(sum, lanes.load(image + (row * s.w + column) * s.x_pitch + c));
      lanes.store(y + output * s.y_pitch + c, div(sum, cells));
    });
  });
}

void average_pool2d_backward(Context& context, const Pool2dShape& s, const float* dy, float* dx) {
  for_covered_pixels(context, s, [&](std::int64_t n, std::int64_t, std::int64_t pixel, Range rows, Range columns) {
    for_vectors(0, s.c, [&](std::int64_t c, auto lanes) {
      Vec sum = zero();
      for (std::int64_t i = rows.begin; i < rows.end; ++i)
        for (std::int64_t j = columns.begin; j < columns.end; ++j) {
          const Vec cells = broadcast(divisor(s, window_rows(s, i), window_columns(s, j)));
          sum = add(sum, div(lanes.load(dy + ((n * s.p + i) * s.q + j) * s.y_pitch + c), cells));
        }
      lanes.store(dx + pixel * s.x_pitch + c, sum);
    });
  });
}

}  // namespace fovea::kernels::FOVEA_ISA_NAMESPACE
