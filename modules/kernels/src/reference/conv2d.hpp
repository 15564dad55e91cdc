// Convolution from its formula: the three passes visit the same products and differ in what they add up. Sums run in double and are
// rounded once. The packed filter is a copy, which in bf16 is rounded.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "fovea/kernels/conv2d.hpp"
#include "reference/matmul.hpp"

namespace fovea::kernels::reference {

inline const char* conv2d_kernel_name(const Conv2dShape&, Conv2dPass) { return "reference"; }
inline std::uint32_t conv2d_filter_layout(const Conv2dShape&) { return 0; }

inline std::int64_t conv2d_filter_count(const Conv2dShape& shape) { return shape.k * shape.r * shape.s * (shape.c / shape.groups); }

template <class T>
std::size_t conv2d_packed_filter_bytes(const Conv2dShape& shape) {
  return static_cast<std::size_t>(conv2d_filter_count(shape)) * sizeof(T);
}

template <class T>
void conv2d_pack_filter(Context&, const Conv2dShape& shape, const WeightOf<T>* filter, void* packed) {
  std::transform(filter, filter + conv2d_filter_count(shape), static_cast<T*>(packed), [](auto value) { return static_cast<T>(value); });
}

/// The double sums of a backward pass: one plane of dx, or dfilter.
inline std::size_t conv2d_workspace_bytes(const Context&, const Conv2dShape& shape, Conv2dPass pass) {
  std::int64_t sums = 0;
  if (pass == Conv2dPass::backward_data) sums = shape.n * shape.h * shape.w;
  if (pass == Conv2dPass::backward_filter) sums = conv2d_filter_count(shape);
  return static_cast<std::size_t>(sums) * sizeof(double);
}

/// Calls visit(input pixel, filter tap) for every tap of output pixel (i, j) of image n that lies inside the image.
template <class Visit>
void for_each_tap(const Conv2dShape& shape, std::int64_t n, std::int64_t i, std::int64_t j, Visit&& visit) {
  for (std::int64_t r = 0; r < shape.r; ++r)
    for (std::int64_t s = 0; s < shape.s; ++s) {
      const std::int64_t row = i * shape.stride_h + r * shape.dilation_h - shape.pad_top;
      const std::int64_t column = j * shape.stride_w + s * shape.dilation_w - shape.pad_left;
      if (row < 0 || row >= shape.h || column < 0 || column >= shape.w) continue;
      visit((n * shape.h + row) * shape.w + column, r * shape.s + s);
    }
}

/// Calls visit(output pixel, n, i, j) for every output pixel.
template <class Visit>
void for_each_output(const Conv2dShape& shape, Visit&& visit) {
  for (std::int64_t n = 0; n < shape.n; ++n)
    for (std::int64_t i = 0; i < shape.p; ++i)
      for (std::int64_t j = 0; j < shape.q; ++j) visit((n * shape.p + i) * shape.q + j, n, i, j);
}

template <class T>
void conv2d_forward(Context&, const Conv2dShape& shape, const T* x, const void* packed, const Epilogue<T>& epilogue, T* y, void*) {
  const T* filter = static_cast<const T*>(packed);
  const std::int64_t channels = shape.c / shape.groups, taps = shape.r * shape.s;
  for_each_output(shape, [&](std::int64_t out, std::int64_t n, std::int64_t i, std::int64_t j) {
    for (std::int64_t o = 0; o < shape.k; ++o) {
      const std::int64_t first = o / (shape.k / shape.groups) * channels;
      double sum = 0;
      for_each_tap(shape, n, i, j, [&](std::int64_t in, std::int64_t tap) {
        for (std::int64_t c = 0; c < channels; ++c)
          sum += static_cast<double>(x[in * shape.x_pitch + first + c]) * filter[(o * taps + tap) * channels + c];
      });
      y[out * shape.y_pitch + o] = static_cast<T>(finish(sum, epilogue, o, out * shape.y_pitch + o));
    }
  });
}

template <class T>
void conv2d_backward_data(Context&, const Conv2dShape& shape, const T* dy, const WeightOf<T>* filter, T* dx, void* workspace) {
  const std::int64_t channels = shape.c / shape.groups, taps = shape.r * shape.s, outputs = shape.k / shape.groups;
  const std::int64_t pixels = shape.n * shape.h * shape.w;
  double* sums = static_cast<double*>(workspace);
  for (std::int64_t c = 0; c < shape.c; ++c) {
    std::fill_n(sums, pixels, 0.0);
    const std::int64_t first = c / channels * outputs;
    for_each_output(shape, [&](std::int64_t out, std::int64_t n, std::int64_t i, std::int64_t j) {
      for_each_tap(shape, n, i, j, [&](std::int64_t in, std::int64_t tap) {
        for (std::int64_t o = first; o < first + outputs; ++o)
          sums[in] += static_cast<double>(dy[out * shape.y_pitch + o]) * static_cast<T>(filter[(o * taps + tap) * channels + c % channels]);
      });
    });
    for (std::int64_t in = 0; in < pixels; ++in) dx[in * shape.x_pitch + c] = static_cast<T>(sums[in]);
  }
}

template <class T>
void conv2d_backward_filter(Context&, const Conv2dShape& shape, const T* x, const T* dy, WeightOf<T>* dfilter, void* workspace) {
  const std::int64_t channels = shape.c / shape.groups, taps = shape.r * shape.s;
  double* sums = static_cast<double*>(workspace);
  std::fill_n(sums, conv2d_filter_count(shape), 0.0);
  for_each_output(shape, [&](std::int64_t out, std::int64_t n, std::int64_t i, std::int64_t j) {
    for_each_tap(shape, n, i, j, [&](std::int64_t in, std::int64_t tap) {
      for (std::int64_t o = 0; o < shape.k; ++o) {
        const std::int64_t first = o / (shape.k / shape.groups) * channels;
        for (std::int64_t c = 0; c < channels; ++c)
          sums[(o * taps + tap) * channels + c] += static_cast<double>(x[in * shape.x_pitch + first + c]) * dy[out * shape.y_pitch + o];
      }
    });
  });
  for (std::int64_t i = 0; i < conv2d_filter_count(shape); ++i) dfilter[i] = static_cast<WeightOf<T>>(sums[i]);
}

}  // namespace fovea::kernels::reference
