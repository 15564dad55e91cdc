// Pooling: every window cell by cell.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "fovea/kernels/pool2d.hpp"

namespace fovea::kernels::reference {

/// The part of a window that lies inside the image.
struct PoolWindow {
  std::int64_t row_begin, row_end, column_begin, column_end;
};

inline PoolWindow pool_window(const Pool2dShape& s, std::int64_t i, std::int64_t j) {
  const std::int64_t top = i * s.stride_h - s.pad_top, left = j * s.stride_w - s.pad_left;
  return {std::max<std::int64_t>(top, 0), std::min(top + s.window_h, s.h), std::max<std::int64_t>(left, 0),
          std::min(left + s.window_w, s.w)};
}

inline double pool_divisor(const Pool2dShape& s, const PoolWindow& window) {
  if (s.count_padding) return static_cast<double>(s.window_h * s.window_w);
  return static_cast<double>((window.row_end - window.row_begin) * (window.column_end - window.column_begin));
}

/// Calls body(image, output pixel of all images, window, channel) for every output element.
template <class Body>
void for_each_pool_output(const Pool2dShape& s, Body body) {
  for (std::int64_t n = 0; n < s.n; ++n)
    for (std::int64_t i = 0; i < s.p; ++i)
      for (std::int64_t j = 0; j < s.q; ++j)
        for (std::int64_t c = 0; c < s.c; ++c) body(n, (n * s.p + i) * s.q + j, pool_window(s, i, j), c);
}

/// Calls body(position row * w + column) for every cell of a window, in scan order.
template <class Body>
void for_each_pool_cell(const Pool2dShape& s, const PoolWindow& window, Body body) {
  for (std::int64_t row = window.row_begin; row < window.row_end; ++row)
    for (std::int64_t column = window.column_begin; column < window.column_end; ++column) body(row * s.w + column);
}

/// Sets every input element to the sum of term(output pixel of all images, channel, window, position) over the windows that hold its
/// cell, in scan order; `position` is the cell's row * w + column.
template <class T, class Term>
void gather_pool_gradient(const Pool2dShape& s, T* dx, Term term) {
  for (std::int64_t pixel = 0; pixel < s.n * s.h * s.w; ++pixel)
    for (std::int64_t c = 0; c < s.c; ++c) {
      const std::int64_t n = pixel / (s.h * s.w), position = pixel % (s.h * s.w), row = position / s.w, column = position % s.w;
      double sum = 0;
      for (std::int64_t i = 0; i < s.p; ++i)
        for (std::int64_t j = 0; j < s.q; ++j) {
          const PoolWindow window = pool_window(s, i, j);
          if (row < window.row_begin || row >= window.row_end) break;  // this row of windows does not hold it
          if (column >= window.column_begin && column < window.column_end) sum += term((n * s.p + i) * s.q + j, c, window, position);
        }
      dx[pixel * s.x_pitch + c] = static_cast<T>(sum);
    }
}

template <class T>
void max_pool2d_forward(Context&, const Pool2dShape& s, const T* x, T* y, std::int32_t* argmax) {
  for_each_pool_output(s, [&](std::int64_t n, std::int64_t output, const PoolWindow& window, std::int64_t c) {
    const T* image = x + n * s.h * s.w * s.x_pitch;
    std::int64_t best = window.row_begin * s.w + window.column_begin;
    for_each_pool_cell(s, window, [&](std::int64_t position) {
      const T value = image[position * s.x_pitch + c], maximum = image[best * s.x_pitch + c];
      if (value > maximum || (std::isnan(value) && !std::isnan(maximum))) best = position;
    });
    y[output * s.y_pitch + c] = image[best * s.x_pitch + c];
    if (argmax != nullptr) argmax[output * s.c + c] = static_cast<std::int32_t>(best);
  });
}

template <class T>
void max_pool2d_backward(Context&, const Pool2dShape& s, const T* dy, const std::int32_t* argmax, T* dx) {
  gather_pool_gradient(s, dx, [&](std::int64_t output, std::int64_t c, const PoolWindow&, std::int64_t position) {
    return argmax[output * s.c + c] == position ? static_cast<double>(dy[output * s.y_pitch + c]) : 0.0;
  });
}

template <class T>
void average_pool2d_forward(Context&, const Pool2dShape& s, const T* x, T* y) {
  for_each_pool_output(s, [&](std::int64_t n, std::int64_t output, const PoolWindow& window, std::int64_t c) {
    double sum = 0;
    for_each_pool_cell(s, window, [&](std::int64_t position) { sum += x[(n * s.h * s.w + position) * s.x_pitch + c]; });
    y[output * s.y_pitch + c] = static_cast<T>(sum / pool_divisor(s, window));
  });
}

template <class T>
void average_pool2d_backward(Context&, const Pool2dShape& s, const T* dy, T* dx) {
  gather_pool_gradient(s, dx, [&](std::int64_t output, std::int64_t c, const PoolWindow& window, std::int64_t) {
    return dy[output * s.y_pitch + c] / pool_divisor(s, window);
  });
}

}  // namespace fovea::kernels::reference
