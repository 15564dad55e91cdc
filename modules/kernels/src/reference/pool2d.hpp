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

template <class T>
void clear_pool_input(const Pool2dShape& s, T* dx) {
  for (std::int64_t pixel = 0; pixel < s.n * s.h * s.w; ++pixel) std::fill_n(dx + pixel * s.x_pitch, s.c, T{0});
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
  clear_pool_input(s, dx);
  for_each_pool_output(s, [&](std::int64_t n, std::int64_t output, const PoolWindow&, std::int64_t c) {
    dx[(n * s.h * s.w + argmax[output * s.c + c]) * s.x_pitch + c] += dy[output * s.y_pitch + c];
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
  clear_pool_input(s, dx);
  for_each_pool_output(s, [&](std::int64_t n, std::int64_t output, const PoolWindow& window, std::int64_t c) {
    const T share = static_cast<T>(dy[output * s.y_pitch + c] / pool_divisor(s, window));
    for_each_pool_cell(s, window, [&](std::int64_t position) { dx[(n * s.h * s.w + position) * s.x_pitch + c] += share; });
  });
}

}  // namespace fovea::kernels::reference
