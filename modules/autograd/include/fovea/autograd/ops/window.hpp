// Settings that convolution and pooling share.
#pragma once

#include <cstdint>

namespace fovea {

/// Strides, dilations, windows and paddings are at most this, so that no sum or product of them overflows.
constexpr std::int64_t kLargestSetting = std::int64_t{1} << 30;

/// A height and a width; one number means both.
struct Extent2 {
  std::int64_t height = 1, width = 1;
  constexpr Extent2() = default;
  constexpr Extent2(std::int64_t both) : height(both), width(both) {}  // NOLINT: meant to be implicit
  constexpr Extent2(std::int64_t h, std::int64_t w) : height(h), width(w) {}
  bool operator==(const Extent2&) const = default;
};

/// Cells added around an image; one number means all sides, two mean vertical and horizontal.
struct Padding {
  std::int64_t top = 0, bottom = 0, left = 0, right = 0;
  constexpr Padding() = default;
  constexpr Padding(std::int64_t all) : top(all), bottom(all), left(all), right(all) {}  // NOLINT: meant to be implicit
  constexpr Padding(std::int64_t vertical, std::int64_t horizontal)
      : top(vertical), bottom(vertical), left(horizontal), right(horizontal) {}
  constexpr Padding(std::int64_t t, std::int64_t b, std::int64_t l, std::int64_t r) : top(t), bottom(b), left(l), right(r) {}
  bool operator==(const Padding&) const = default;
};

/// Positions of a window along one axis: 1 + floor((input + padding - dilation * (window - 1) - 1) / stride), or 0 when it does not fit.
constexpr std::int64_t window_positions(std::int64_t input, std::int64_t window, std::int64_t stride, std::int64_t padding,
                                        std::int64_t dilation = 1) {
  const std::int64_t room = input + padding - dilation * (window - 1) - 1;
  return room < 0 ? 0 : room / stride + 1;
}

/// The same rounded up, less the last position where it would begin behind the input and the padding in front of it (torch's ceil_mode).
constexpr std::int64_t window_positions_rounded_up(std::int64_t input, std::int64_t window, std::int64_t stride, std::int64_t pad_before,
                                                   std::int64_t pad_behind, std::int64_t dilation = 1) {
  const std::int64_t room = input + pad_before + pad_behind - dilation * (window - 1) - 1;
  if (room < 0) return 0;
  const std::int64_t positions = (room + stride - 1) / stride + 1;
  return (positions - 1) * stride >= input + pad_before ? positions - 1 : positions;
}

}  // namespace fovea
