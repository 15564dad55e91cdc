// What the passes of a convolution share: which algorithm serves a shape, and the images and filters as the matrix kernels see them.
#pragma once

#include "cpu/image_view.hpp"
#include "cpu/matrix_kernels.hpp"

namespace fovea::kernels::FOVEA_ISA_NAMESPACE {

constexpr std::int64_t channels_per_group(const Conv2dShape& s) { return s.c / s.groups; }
constexpr std::int64_t outputs_per_group(const Conv2dShape& s) { return s.k / s.groups; }
constexpr std::int64_t filter_taps(const Conv2dShape& s) { return s.r * s.s; }

/// One channel in and one out per group: an algorithm of its own (conv2d_depthwise.cpp).
constexpr bool is_depthwise(const Conv2dShape& s) { return s.groups > 1 && s.groups == s.c && s.groups == s.k; }

template <class T>
constexpr ImageView<T> input_view(const Conv2dShape& s, const T* x) {
  return {x, s.h, s.w, s.h * s.w * s.x_pitch, s.w * s.x_pitch, s.x_pitch};
}
template <class T>
constexpr ImageView<T> output_view(const Conv2dShape& s, const T* y) {
  return {y, s.p, s.q, s.p * s.q * s.y_pitch, s.q * s.y_pitch, s.y_pitch};
}

/// From output pixels to input pixels.
constexpr TapAxis vertical_taps(const Conv2dShape& s) { return {s.r, -s.pad_top, s.dilation_h, s.stride_h}; }
constexpr TapAxis horizontal_taps(const Conv2dShape& s) { return {s.s, -s.pad_left, s.dilation_w, s.stride_w}; }

/// From input pixels back to output pixels along one axis: input positions with equal remainder by the stride (a phase) are reached by
/// the same taps of the filter, at neighbouring output positions. Without the phases a stride would mean multiplying with zeros.
struct Phase {
  TapAxis axis;                      ///< from the phase's positions to output positions
  std::int64_t positions;            ///< input positions in the phase: remainder, remainder + stride, ...
  std::int64_t first_tap, tap_step;  ///< tap t of `axis` is tap first_tap + t * tap_step of the filter
};

constexpr Phase phase_of(std::int64_t remainder, std::int64_t extent, std::int64_t taps, std::int64_t dilation, std::int64_t pad,
                         std::int64_t stride) {
  Phase phase{{0, 0, 0, 1}, extent > remainder ? ceil_div(extent - remainder, stride) : 0, 0, 1};
  for (std::int64_t tap = 0; tap < taps; ++tap) {
    const std::int64_t distance = remainder + pad - tap * dilation;
    if (distance % stride != 0) continue;
    if (phase.axis.count == 0) {
      phase.first_tap = tap;
      phase.axis.first = distance / stride;
    } else if (phase.axis.count == 1) {
      phase.tap_step = tap - phase.first_tap;
      phase.axis.step = distance / stride - phase.axis.first;
    }
    ++phase.axis.count;
  }
  return phase;
}
constexpr Phase vertical_phase(const Conv2dShape& s, std::int64_t remainder) {
  return phase_of(remainder, s.h, s.r, s.dilation_h, s.pad_top, s.stride_h);
}
constexpr Phase horizontal_phase(const Conv2dShape& s, std::int64_t remainder) {
  return phase_of(remainder, s.w, s.s, s.dilation_w, s.pad_left, s.stride_w);
}

/// conv2d_depthwise.cpp, for T = float and bf16. Packed filters are f32, for bf16 with rounded values.
std::size_t depthwise_packed_filter_bytes(const Conv2dShape&);
template <class T>
void depthwise_pack_filter(const Conv2dShape&, const float* filter, float* packed);
std::size_t depthwise_workspace_bytes(const Conv2dShape&, Conv2dPass);
template <class T>
void depthwise_forward(const Threads&, const Conv2dShape&, const T* x, const float* packed, const Epilogue<T>&, T* y);
template <class T>
void depthwise_backward_data(const Threads&, const Conv2dShape&, const T* dy, const float* filter, T* dx, float* workspace);
template <class T>
void depthwise_backward_filter(const Threads&, const Conv2dShape&, const T* x, const T* dy, float* dfilter, float* workspace);

}  // namespace fovea::kernels::FOVEA_ISA_NAMESPACE
