// Pooling: every window cell by cell.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "fovea/kernels/pool2d.hpp"

namespace fovea::kernels::reference {

/// The first cell of a window, which may lie outside the image.
struct PoolWindow {
  std::int64_t top, left;
};

inline PoolWindow pool_window(const Pool2dShape& s, std::int64_t i, std::int64_t j) {
  return {i * s.stride_h - s.pad_top, j * s.stride_w - s.pad_left};
}

/// Calls body(position row * w + column) for every cell of a window that lies inside the image, in scan order.
template <class Body>
void for_each_pool_cell(const Pool2dShape& s, const PoolWindow& window, Body body) {
  for (std::int64_t a = 0; a < s.window_h; ++a)
    for (std::int64_t b = 0; b < s.window_w; ++b) {
      const std::int64_t row = window.top + a * s.dilation_h, column = window.left + b * s.dilation_w;
      if (row >= 0 && row < s.h && column >= 0 && column < s.w) body(row * s.w + column);
    }
}

inline bool holds_cell(const Pool2dShape& s, const PoolWindow& window, std::int64_t row, std::int64_t column) {
  const std::int64_t down = row - window.top, right = column - window.left;
  return down >= 0 && down % s.dilation_h == 0 && down / s.dilation_h < s.window_h && right >= 0 && right % s.dilation_w == 0 &&
         right / s.dilation_w < s.window_w;
}

inline double pool_divisor(const Pool2dShape& s, const PoolWindow& window) {
  if (s.divisor != 0) return static_cast<double>(s.divisor);
  std::int64_t cells = 0;
  if (!s.count_padding) {
    for_each_pool_cell(s, window, [&](std::int64_t) { ++cells; });
    return static_cast<double>(cells);
  }
  std::int64_t rows = 0, columns = 0;  // those in front of the image are padding always
  for (std::int64_t a = 0; a < s.window_h; ++a) rows += window.top + a * s.dilation_h < s.h + s.pad_bottom;
  for (std::int64_t b = 0; b < s.window_w; ++b) columns += window.left + b * s.dilation_w < s.w + s.pad_right;
  return static_cast<double>(rows * columns);
}

/// Calls body(image, output pixel of all images, window, channel) for every output element.
template <class Body>
void for_each_pool_output(const Pool2dShape& s, Body body) {
  for (std::int64_t n = 0; n < s.n; ++n)
    for (std::int64_t i = 0; i < s.p; ++i)
      for (std::int64_t j = 0; j < s.q; ++j)
        for (std::int64_t c = 0; c < s.c; ++c) body(n, (n * s.p + i) * s.q + j, pool_window(s, i, j), c);
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
          if (!holds_cell(s, {window.top, column}, row, column)) break;  // this row of windows does not
          if (holds_cell(s, window, row, column)) sum += term((n * s.p + i) * s.q + j, c, window, position);
        }
      dx[pixel * s.x_pitch + c] = static_cast<T>(sum);
    }
}

template <class T>
void max_pool2d_forward(Context&, const Pool2dShape& s, const T* x, T* y, std::int32_t* argmax) {
  for_each_pool_output(s, [&](std::int64_t n, std::int64_t output, const PoolWindow& window, std::int64_t c) {
    const T* image = x + n * s.h * s.w * s.x_pitch;
    std::int64_t best = -1;
    for_each_pool_cell(s, window, [&](std::int64_t position) {
      if (best < 0) best = position;
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
