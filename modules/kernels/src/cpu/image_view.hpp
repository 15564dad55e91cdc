// How the matrix kernels see images: strides, and which source position a filter tap touches.
#pragma once

#include <cstdint>

#include "cpu/integers.hpp"

namespace fovea::kernels::FOVEA_ISA_NAMESPACE {

/// A batch of images in memory; strides in elements.
template <class T>
struct ImageView {
  const T* data;
  std::int64_t height, width;
  std::int64_t image_stride, row_stride, pixel_stride;
};

/// One axis of a filter over an axis of the source: target position i reads source position i * stride + first + t * step through
/// tap t of `count`.
struct TapAxis {
  std::int64_t count, first, step, stride;

  constexpr std::int64_t source(std::int64_t position, std::int64_t tap) const { return position * stride + first + tap * step; }
};

/// The target positions in [0, count) whose source position through `tap` lies in [0, extent).
constexpr Range inside(const TapAxis& axis, std::int64_t tap, std::int64_t count, std::int64_t extent) {
  const std::int64_t offset = axis.first + tap * axis.step;
  const std::int64_t begin = offset >= 0 ? 0 : minimum(count, ceil_div(-offset, axis.stride));
  const std::int64_t end = offset >= extent ? 0 : minimum(count, ceil_div(extent - offset, axis.stride));
  return {begin, maximum(begin, end)};
}

/// The taps whose source position lies in [0, extent). They are neighbours.
constexpr Range taps_inside(const TapAxis& axis, std::int64_t position, std::int64_t extent) {
  const auto is_inside = [&](std::int64_t tap) { return axis.source(position, tap) >= 0 && axis.source(position, tap) < extent; };
  std::int64_t begin = 0;
  while (begin < axis.count && !is_inside(begin)) ++begin;
  std::int64_t end = begin;
  while (end < axis.count && is_inside(end)) ++end;
  return {begin, end};
}

}  // namespace fovea::kernels::FOVEA_ISA_NAMESPACE
