// Pooling over listed windows, cell by cell.
#pragma once

#include <cmath>
#include <cstdint>

#include "fovea/kernels/window_pool2d.hpp"

namespace fovea::kernels::reference {

/// Calls body(image, output pixel of all images, rows, columns, channel) for every output element.
template <class Body>
void for_each_window(const WindowPool2dShape& s, Body body) {
  for (std::int64_t n = 0; n < s.n; ++n)
    for (std::int64_t i = 0; i < s.p; ++i)
      for (std::int64_t j = 0; j < s.q; ++j)
        for (std::int64_t c = 0; c < s.c; ++c) body(n, (n * s.p + i) * s.q + j, s.rows[i], s.columns[j], c);
}

template <class T>
void window_max_pool2d_forward(Context&, const WindowPool2dShape& s, const T* x, T* y, std::int32_t* argmax) {
  for_each_window(s, [&](std::int64_t n, std::int64_t output, AxisRange rows, AxisRange columns, std::int64_t c) {
    const T* image = x + n * s.h * s.w * s.c;
    std::int64_t best = rows.begin * s.w + columns.begin;
    for (std::int64_t row = rows.begin; row < rows.end; ++row)
      for (std::int64_t column = columns.begin; column < columns.end; ++column) {
        const std::int64_t position = row * s.w + column;
        const T value = image[position * s.c + c], maximum = image[best * s.c + c];
        if (value > maximum || (std::isnan(value) && !std::isnan(maximum))) best = position;
      }
    y[output * s.c + c] = image[best * s.c + c];
    if (argmax != nullptr) argmax[output * s.c + c] = static_cast<std::int32_t>(best);
  });
}

/// Sets every input element to the sum of term(output pixel of all images, window's rows, columns, position, channel) over all windows that
/// hold it, in scan order. The lists of windows per cell are not asked: they are what is tested.
template <class T, class Term>
void gather_window_gradient(const WindowPool2dShape& s, T* dx, Term term) {
  for (std::int64_t n = 0; n < s.n; ++n)
    for (std::int64_t position = 0; position < s.h * s.w; ++position)
      for (std::int64_t c = 0; c < s.c; ++c) {
        const std::int64_t row = position / s.w, column = position % s.w;
        double sum = 0;
        for (std::int64_t i = 0; i < s.p; ++i)
          for (std::int64_t j = 0; j < s.q; ++j)
            if (row >= s.rows[i].begin && row < s.rows[i].end && column >= s.columns[j].begin && column < s.columns[j].end)
              sum += term((n * s.p + i) * s.q + j, s.rows[i], s.columns[j], position, c);
        dx[(n * s.h * s.w + position) * s.c + c] = static_cast<T>(sum);
      }
}

template <class T>
void window_max_pool2d_backward(Context&, const WindowPool2dShape& s, const T* dy, const std::int32_t* argmax, T* dx) {
  gather_window_gradient(s, dx, [&](std::int64_t output, AxisRange, AxisRange, std::int64_t position, std::int64_t c) {
    return argmax[output * s.c + c] == position ? static_cast<double>(dy[output * s.c + c]) : 0.0;
  });
}

inline double cells_of(AxisRange rows, AxisRange columns) {
  return static_cast<double>((rows.end - rows.begin) * (columns.end - columns.begin));
}

template <class T>
void window_average_pool2d_forward(Context&, const WindowPool2dShape& s, const T* x, T* y) {
  for_each_window(s, [&](std::int64_t n, std::int64_t output, AxisRange rows, AxisRange columns, std::int64_t c) {
    double sum = 0;
    for (std::int64_t row = rows.begin; row < rows.end; ++row)
      for (std::int64_t column = columns.begin; column < columns.end; ++column) sum += x[((n * s.h + row) * s.w + column) * s.c + c];
    y[output * s.c + c] = static_cast<T>(sum / cells_of(rows, columns));
  });
}

template <class T>
void window_average_pool2d_backward(Context&, const WindowPool2dShape& s, const T* dy, T* dx) {
  gather_window_gradient(s, dx, [&](std::int64_t output, AxisRange rows, AxisRange columns, std::int64_t, std::int64_t c) {
    return dy[output * s.c + c] / cells_of(rows, columns);
  });
}

}  // namespace fovea::kernels::reference
