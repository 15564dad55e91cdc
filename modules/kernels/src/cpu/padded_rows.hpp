// First layers: a copy of the images with their padding, so that a filter row is one run of values without a border to check. The copy
// is as large as the images, not as many times as large as the filter is wide, as a matrix of windows would be.
#pragma once

#include "cpu/conv2d_geometry.hpp"

namespace fovea::kernels::FOVEA_ISA_NAMESPACE {

/// Up to this many channels, the pixels of one filter row are worth being read as one run of s * c values.
inline constexpr std::int64_t kFewChannels = 8;

constexpr bool reads_padded_rows(const Conv2dShape& s) { return s.groups == 1 && s.c <= kFewChannels && s.dilation_w == 1 && s.s > 1; }

template <class T>
constexpr ImageView<T> padded_view(const Conv2dShape& s, const T* padded) {
  const std::int64_t height = maximum(0, (s.p - 1) * s.stride_h + (s.r - 1) * s.dilation_h + 1);
  const std::int64_t width = maximum(0, (s.q - 1) * s.stride_w + s.s);
  return {padded, height, width, height * width * s.c, width * s.c, s.c};
}

constexpr std::int64_t padded_size(const Conv2dShape& s) { return s.n * padded_view<float>(s, nullptr).image_stride; }

template <class T>
void copy_padded(const Threads& threads, const Conv2dShape& s, const T* x, T* padded) {
  const ImageView<T> view = padded_view<T>(s, padded);
  parallel_blocks(threads, s.n * view.height, [&](std::int64_t line) {
    const std::int64_t n = line / view.height, row = line % view.height - s.pad_top;
    T* target = padded + line * view.row_stride;
    const bool in_image = row >= 0 && row < s.h;
    const std::int64_t begin = in_image ? clamped(s.pad_left, 0, view.width) : view.width;
    const std::int64_t end = in_image ? clamped(s.pad_left + s.w, begin, view.width) : view.width;
    for (std::int64_t l = 0; l < begin * s.c; ++l) target[l] = T{};
    for (std::int64_t j = begin; j < end; ++j) {
      const T* pixel = x + ((n * s.h + row) * s.w + j - s.pad_left) * s.x_pitch;
      for (std::int64_t c = 0; c < s.c; ++c) target[j * s.c + c] = pixel[c];
    }
    for (std::int64_t l = end * s.c; l < view.row_stride; ++l) target[l] = T{};
  });
}

/// The axes over a padded copy: no border, and the taps of a row are one.
constexpr TapAxis padded_vertical_taps(const Conv2dShape& s) { return {s.r, 0, s.dilation_h, s.stride_h}; }
constexpr TapAxis padded_horizontal_taps(const Conv2dShape& s) { return {1, 0, 1, s.stride_w}; }

}  // namespace fovea::kernels::FOVEA_ISA_NAMESPACE
